// What a visitor does on the Benchmark page, as messages.
import { now } from "./now.js";
import { nextGrade } from "./plant.js";
import { emptyForm, emptyProduct, takeField } from "./plant_form.js";

/** @param {{ root: import("./now.js").Live, send: import("./now.js").Send, drawPage: () => void, refuse: (key: string) => void }} page */
export function plantMoves({ root, send, drawPage, refuse }) {
  const open = (form) => { now.form = form; now.formOpen = true; drawPage(); };
  const forget = () => { now.form = null; now.formOpen = false; now.open.consent = false; };
  const takeKey = () => { const box = root.querySelector("[data-plant-key]"), key = box?.value ?? ""; if (box) box.value = ""; return key; };
  const goal = (kind, value) => send({ type: "plant_goal", lever: "plant_goal", kind, value });

  const acts = {
    "plant-example": () => { forget(); send({ type: "plant_example" }); },
    "plant-clear": () => { forget(); now.plant = null; for (const input of root.querySelectorAll("[data-plant-file]")) input.value = ""; send({ type: "plant_clear" }); },
    "plant-template": (d) => send({ type: "plant_file_wanted", kind: "template", form: "xlsx", language: d.language }),
    "plant-table": (d) => send({ type: "plant_file_wanted", kind: "table", card: d.card, form: d.form }),
    "plant-report": (d) => send({ type: "plant_file_wanted", kind: "report", form: d.form }),
    "plant-form-open": () => open(now.form ?? (now.plant?.kind === "example" ? structuredClone(now.page.plant.example) : emptyForm())),
    "plant-form-example": () => open(structuredClone(now.page.plant.example)),
    "plant-form-close": () => { now.formOpen = false; drawPage(); },
    "plant-product-add": () => { now.form.products.push(emptyProduct()); drawPage(); },
    "plant-product-remove": (d) => { now.form.products.splice(Number(d.place), 1); drawPage(); },
    "plant-volume": (d) => { now.form.volume = d.value; drawPage(); },
    "plant-goal": (d) => {
      const { mix, plan } = now.plant, next = nextGrade(mix) ?? mix.steps[0];
      goal(d.value, d.value === "grade" ? next?.grade ?? "limit" : d.value === "budget" ? plan?.totals.investment || 1e6 : 5);
    },
    "plant-give": () => { if (now.open.consent) send({ type: "plant_give", consent: true, key: takeKey() }); },
    "plant-withdraw": () => send({ type: "plant_withdraw", key: takeKey() }),
  };

  const takeFile = async (file) => {
    if (!file) return;
    if (file.size > now.plant.bytes_max) return void refuse("plant_too_large");
    const reader = new FileReader();
    reader.onload = () => { forget(); send({ type: "plant_file", name: file.name, data: String(reader.result).split(",", 2)[1] ?? "" }); };
    reader.onerror = () => refuse("plant_no_file");
    reader.readAsDataURL(file);
  };
  const slid = (input) => input.style.setProperty("--part", `${((100 * (input.value - input.min)) / (input.max - input.min || 1)).toFixed(1)}%`);

  root.addEventListener("input", (event) => {
    const input = event.target;
    if (input.dataset.form && input.tagName === "INPUT") takeField(input);
    else if (input.dataset.plantContract) {
      slid(input);
      const name = input.dataset.plantContract;
      send({ type: "plant_contract", lever: "plant_contract", label: name, [name]: name === "share" ? input.value / 100 : Number(input.value) });
    } else if (input.dataset.plantGoal === "payback") { slid(input); goal("payback", Number(input.value)); }
    else if (input.hasAttribute("data-plant-filter")) send({ type: "plant_choose", lever: "plant_filter", filter: input.value });
  });
  root.addEventListener("change", (event) => {
    const input = event.target;
    if (input.hasAttribute("data-plant-file")) { takeFile(input.files[0]); input.value = ""; }
    else if (input.dataset.form || input.dataset.formTick) { if (takeField(input)) drawPage(); }
    else if (input.hasAttribute("data-plant-choose")) { const [year, ...plant] = input.value.split("|"); send({ type: "plant_choose", plant: plant.join("|"), year: Number(year) }); }
    else if (input.dataset.plantGoal === "grade") goal("grade", input.value);
    else if (input.dataset.plantGoal === "budget") goal("budget", Math.max(Number(input.value), 0) * Number(input.dataset.factor));
    else if (input.hasAttribute("data-plant-consent")) { now.open.consent = input.checked; drawPage(); }
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-plant-form]")) return;
    event.preventDefault();
    now.formSending = true;
    send({ type: "plant_form", form: now.form });
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    root.addEventListener(name, (event) => {
      const area = event.target.closest?.("[data-drop]");
      if (!area) return;
      event.preventDefault();
      area.classList.toggle("over", name === "dragover");
      if (name === "drop") takeFile(event.dataTransfer.files[0]);
    });
  }
  return acts;
}

// What was pressed may be gone with what it stood on; then the new heading is where one goes on.
export function focusHeading(page) {
  const state = `${now.plant?.state} ${Boolean(now.formOpen)}`, changed = now.plantState !== undefined && now.plantState !== state;
  now.plantState = state;
  if (changed && !page.getRootNode().activeElement) page.querySelector("h1")?.focus();
}

// Inputs that are set anew by an answer show it, unless they are being used.
export function showValues(page) {
  const used = page.getRootNode().activeElement;
  for (const input of page.querySelectorAll("input[data-value],select[data-value]")) if (input !== used && input.value !== input.dataset.value) input.value = input.dataset.value;
}
