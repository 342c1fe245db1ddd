// What the page may say, written from messages.py by `python -m dashboards.declarations`; change it there.
export type Message =
  | Word
  | Part
  | Move
  | Unpin
  | Open
  | Apply
  | Load
  | History
  | View
  | Behind
  | Why
  | Table
  | Export
  | Rows
  | Runs
  | PlantFile
  | PlantForm
  | PlantChoose
  | PlantGoal
  | PlantContract
  | PlantGive
  | PlantFileWanted;

/** A word that needs no more: the page is there, a step back or forward, ..., a plant to show or to forget. */
export interface Word {
  seq?: number;
  type: "ready" | "undo" | "redo" | "reset" | "pin" | "plant_example" | "plant_clear";
}

/** A part of a message that is too long for one go. */
export interface Part {
  seq?: number;
  type: "part";
  at: number;
  of: number;
  text: string;
}

/** A lever, for one label or for all; null is its default. */
export interface Move {
  seq?: number;
  type: "move";
  lever: string;
  label?: string;
  value?: string | number | boolean | null;
}

/** Lets go of a pinned scenario. */
export interface Unpin {
  seq?: number;
  type: "unpin";
  place: number;
}

/** A shipped scenario. */
export interface Open {
  seq?: number;
  type: "open";
  name: string;
}

/** Several levers at once, such as a way out. */
export interface Apply {
  seq?: number;
  type: "apply";
  settings: Record<string, unknown>;
}

/** A scenario file. */
export interface Load {
  seq?: number;
  type: "load";
  file?: string;
  text: string;
}

/** Steps that the browser kept of an earlier connection, the next step ahead first. */
export interface History {
  seq?: number;
  type: "history";
  origin: string;
  past: string[];
  ahead: string[];
}

/** Another page, language or theme. */
export interface View {
  seq?: number;
  type: "view";
  page?: "plan" | "compare" | "benchmark" | "data" | "runs";
  language?: "en" | "zh";
  theme?: "light" | "dark";
}

/** The table behind a card and the rows that it rests on, all or those of one label. */
export interface Behind {
  seq?: number;
  card: string;
  of?: string;
  dim?: string;
  label?: string;
  type: "behind";
}

/** Why a technology is in or out. */
export interface Why {
  seq?: number;
  type: "why";
  technology: string;
}

/** A table as a file. */
export interface Table {
  seq?: number;
  card: string;
  of?: string;
  dim?: string;
  label?: string;
  type: "table";
  form: "csv" | "excel";
}

/** A file of the plan or the scenario, or the commands that give it. */
export interface Export {
  seq?: number;
  type: "export";
  kind: string;
}

/** Rows of the study to look for. */
export interface Rows {
  seq?: number;
  type: "rows";
  text?: string;
  name?: string;
  basis?: string;
  at?: string;
  page?: number;
}

/** Runs to look at: of which store, which figure against what, and where a lever stands. */
export interface Runs {
  seq?: number;
  type: "runs";
  store?: string;
  figure?: string;
  across?: string;
  dim?: string;
  place?: number;
}

/** A file of records, in base 64. */
export interface PlantFile {
  seq?: number;
  type: "plant_file";
  name: string;
  data: string;
}

/** A form that was filled in. */
export interface PlantForm {
  seq?: number;
  type: "plant_form";
  form: unknown;
}

/** Another plant and year of the file, or a part of a name to look for. */
export interface PlantChoose {
  seq?: number;
  lever?: string;
  label?: string;
  type: "plant_choose";
  plant?: string;
  year?: number;
  filter?: string;
}

/** What the plan is to reach; without a kind the usual goal. */
export interface PlantGoal {
  seq?: number;
  lever?: string;
  label?: string;
  type: "plant_goal";
  kind?: "grade" | "budget" | "payback";
  value?: string | number;
}

/** The share of the saving that the company receives, and for how long. */
export interface PlantContract {
  seq?: number;
  lever?: string;
  label?: string;
  type: "plant_contract";
  share?: number;
  term?: number;
}

/** Gives the record to the pool, or takes it back. */
export interface PlantGive {
  seq?: number;
  type: "plant_give" | "plant_withdraw";
  consent?: boolean;
  key?: string;
}

/** A file to download: a table, the report, or the template in a language. */
export interface PlantFileWanted {
  seq?: number;
  type: "plant_file_wanted";
  kind: "table" | "report" | "template";
  form: "csv" | "xlsx" | "html" | "pdf";
  card?: string;
  language?: "en" | "zh";
}
