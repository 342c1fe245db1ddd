import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".venv/", "build/"] },
  js.configs.recommended,
  { files: ["dashboards/browser/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/browser/*.js"], languageOptions: { globals: globals.node } },
];
