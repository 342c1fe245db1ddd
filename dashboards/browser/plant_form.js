// The form of one plant. What is typed is kept in this tab until it is sent, cleared or the page is closed.
import { now } from "./now.js";
import { option } from "./pieces.js";
import { esc, isZh, named, say, termed } from "./words.js";

const VOLUMES = { m3: "m³", "10^4 m3": "10⁴ m³" };
const volumeName = (unit) => (unit === "10^4 m3" && isZh() ? "万m³" : VOLUMES[unit] ?? "m³");
const scaleName = (scale, unit) => { const plain = esc((unit ?? "").replace(/m3/g, "m³")); return scale === "1" ? plain : isZh() ? `万${plain}` : `10⁴ ${plain}`; };
export const emptyProduct = () => ({ product: "", output: "", scale: "1", withdrawal: "", variant: "" });
export const emptyForm = () => ({ plant: "", year: "", province: "", volume: isZh() ? "10^4 m3" : "m3", values: {}, products: [emptyProduct()], technologies: [] });
const MONEY = { value_added: "form_money_value_added", plant_electricity_price: "form_money_electricity", plant_heat_price: "form_money_heat" };

const field = (path, label, value, { unit = "", help = "", kind = "text", mode = "decimal", list = "" } = {}) =>
  `<label class="field"><span class="field-name" ${help ? `title="${esc(help)}"` : ""}>${label}</span><span class="field-entry"><input type="${kind}" ${mode ? `inputmode="${mode}"` : ""} maxlength="200" data-form="${esc(path)}" value="${esc(value ?? "")}" data-value="${esc(value ?? "")}" autocomplete="off" ${list}/>${unit ? `<span class="quiet">${unit}</span>` : ""}</span></label>`;
const choice = (path, label, value, options) => `<label class="field"><span class="field-name">${label}</span><select data-form="${esc(path)}" data-value="${esc(value ?? "")}">${options}</select></label>`;

function productRow(row, n, form) {
  const asked = now.page.plant, names = Object.entries(now.page.names.product).filter(([key]) => !asked.units[key].includes(" of ")); // what stands for a whole branch is no plant's product
  const products = option("", say("form_choose"), row.product) + names.map(([key, name]) => option(key, esc(name), row.product)).join("");
  const variants = asked.variants[row.product];
  const scales = row.product ? `<select class="scale" data-form="products.${n}.scale" data-value="${esc(row.scale)}" aria-label="${say("form_output_unit")}">${["1", "10^4"].map((scale) => option(scale, scaleName(scale, asked.units[row.product]), row.scale)).join("")}</select>` : "";
  const output = `<label class="field"><span class="field-name">${termed("plant_output")}</span><span class="field-entry"><input inputmode="decimal" maxlength="200" data-form="products.${n}.output" value="${esc(row.output)}" data-value="${esc(row.output)}" autocomplete="off"/>${scales}</span></label>`;
  const variant = variants ? choice(`products.${n}.variant`, termed("variant"), row.variant, option("", say("form_choose"), row.variant) + variants.map(([key, name]) => option(key, esc(name), row.variant)).join("")) : "";
  const remove = form.products.length > 1 ? `<button type="button" class="ghost remove" data-act="plant-product-remove" data-place="${n}" aria-label="${say("form_remove", { n: n + 1 })}" title="${say("form_remove", { n: n + 1 })}">×</button>` : "";
  return `<fieldset class="product-row"><legend>${say("form_product", { n: n + 1 })}</legend>${choice(`products.${n}.product`, termed("product"), row.product, products)}${output}${field(`products.${n}.withdrawal`, termed("product_withdrawal"), row.withdrawal, { unit: esc(volumeName(form.volume)), help: now.page.plant.meanings.product_withdrawal })}${variant}${remove}</fieldset>`;
}

function technologyBoxes(form) {
  const asked = now.page.plant, made = form.products.map((row) => row.product).filter(Boolean);
  if (!made.length) return `<p class="quiet">${say("form_technologies_first")}</p>`;
  const listed = [...new Set(made.flatMap((product) => asked.listed[product] ?? []))].sort((a, b) => a - b).map((n) => asked.technologies[n]);
  return `<div class="tick-list">${listed.map((label) => `<label class="tick"><input type="checkbox" data-form-tick="${esc(label)}" ${form.technologies.includes(label) ? "checked" : ""}/><span>${named("technology", label)}</span></label>`).join("")}</div>`;
}

export function plantForm() {
  const { form } = now, { groups, meanings } = now.page.plant;
  const provinces = option("", say("form_choose"), form.province) + Object.entries(now.page.names.province).map(([key, name]) => option(key, esc(name), form.province)).join("");
  const unitOfField = (name) => (MONEY[name] ? say(MONEY[name]) : name.startsWith("plant_") ? esc(now.page.units["CNY/m3"][0][2]) : esc(volumeName(form.volume)));
  const group = (name) => `<div class="fields">${groups[name].map((one) => field(`values.${one}`, termed(one) + (one === "consumed" ? ` <b class="needed">${say("form_needed")}</b>` : ""), form.values[one], { unit: unitOfField(one), help: meanings[one] })).join("")}</div>`;
  const part = (name, open) => `<details class="form-part" data-part="${name}" ${open ? "open" : ""}><summary>${say("form_" + name)}<span class="quiet">${say("form_note_" + name)}</span></summary>${name === "technologies" ? technologyBoxes(form) : group(name)}</details>`;
  const volumes = Object.keys(VOLUMES).map((unit) => `<button type="button" role="radio" aria-checked="${form.volume === unit}" data-act="plant-volume" data-value="${unit}" tabindex="${form.volume === unit ? 0 : -1}">${esc(volumeName(unit))}</button>`).join("");
  const head = `<div class="fields first">${field("plant", termed("plant"), form.plant, { mode: "" })}${field("year", say("form_year"), form.year, { mode: "numeric" })}${choice("province", termed("province"), form.province, provinces)}<div class="field"><span class="field-name" id="volume-unit">${say("form_volume")}</span><div class="choices" role="radiogroup" aria-labelledby="volume-unit">${volumes}</div></div></div>`;
  const rows = form.products.map((row, n) => productRow(row, n, form)).join("");
  return `<form class="card plant-form" data-plant-form novalidate aria-label="${say("form_title")}"><header><h2>${say("form_title")}</h2><span class="quiet">${say("form_title_note")}</span></header>${head}<h3>${say("form_products")}</h3>${rows}<button type="button" class="tool wide add" data-act="plant-product-add" ${form.products.length > 11 ? "disabled" : ""}>+ ${say("form_add")}</button>${part("sources", true)}${part("ways_out", true)}${part("reuse", false)}${part("money", false)}${part("technologies", false)}<div class="form-foot"><button class="tool wide primary" type="submit">${say("form_send")}</button><button type="button" class="tool wide" data-act="plant-form-example">${say("form_example")}</button><button type="button" class="tool wide" data-act="plant-form-close">${say("form_close")}</button><span class="quiet">${say("form_kept")}</span></div></form>`;
}

// Puts what was typed or chosen into the form; says whether the page must be drawn again.
export function takeField(input) {
  const { form } = now;
  if (!form) return false;
  if (input.dataset.formTick) {
    const label = input.dataset.formTick;
    form.technologies = input.checked ? [...form.technologies, label] : form.technologies.filter((one) => one !== label);
    return false;
  }
  const [part, key, name] = input.dataset.form.split(".");
  if (part === "values") form.values[key] = input.value;
  else if (part === "products") {
    form.products[Number(key)][name] = input.value;
    if (name === "product") form.products[Number(key)].variant = "";
    return name === "product";
  } else form[part] = input.value;
  return false;
}
