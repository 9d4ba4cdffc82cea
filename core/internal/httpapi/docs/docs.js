// Lists the operations of the OpenAPI document and lets people try them. All text goes in as text, never as markup.
"use strict";

function element(name, attributes = {}, ...children) {
  const e = Object.assign(document.createElement(name), attributes);
  e.append(...children);
  return e;
}

function field(parameter) {
  const input = element("input", { name: parameter.name, required: parameter.required === true });
  const choices = parameter.schema && parameter.schema.enum;
  const help = [parameter.description, choices && "One of: " + choices.join(", ")].filter(Boolean).join(" ");
  input.dataset.place = parameter.in;
  return element("label", {}, `${parameter.name} (${parameter.in})`, input, element("small", { textContent: help }));
}

async function send(form, method, path, type, output) {
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.set(input.name, input.value);
  }
  const headers = { Authorization: "Bearer " + document.getElementById("token").value };
  const body = form.querySelector("textarea");
  if (body) headers["Content-Type"] = type;
  const url = path + (query.size ? "?" + query : "");
  output.textContent = "…";
  try {
    const response = await fetch(url, { method, headers, body: body ? body.value : undefined });
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
    output.textContent = `${method} ${url}\n${response.status} ${response.statusText}\n\n${shown}`;
  } catch (error) {
    output.textContent = String(error);
  }
}

function operation(method, path, spec) {
  const form = element("form");
  for (const parameter of spec.parameters || []) form.append(field(parameter));
  const type = spec.requestBody && Object.keys(spec.requestBody.content)[0];
  if (type) {
    const { example } = spec.requestBody.content[type];
    const value = example ? JSON.stringify(example, null, 2) : type === "application/json" ? "{}" : "";
    form.append(element("label", {}, `body (${type})`, element("textarea", { spellcheck: false, rows: Math.max(3, value.split("\n").length), value })));
  }
  const output = element("pre");
  form.append(element("button", { textContent: "Send" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, method.toUpperCase(), path, type, output);
  });
  const scope = spec.security && spec.security[0].token.join(", ");
  return element("details", {},
    element("summary", {}, element("code", { textContent: `${method.toUpperCase()} ${path}` }), spec.summary || ""),
    element("p", { textContent: [spec.description, scope && `Needs a token with the scope ${scope}.`].filter(Boolean).join(" ") }),
    element("p", { textContent: ((spec.responses || {}).default || {}).description || "" }),
    form, output);
}

async function main() {
  const spec = await (await fetch("/api/openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      const tag = (one.tags || ["Other"])[0];
      if (!groups.has(tag)) groups.set(tag, element("section", {}, element("h2", { textContent: tag })));
      groups.get(tag).append(operation(method, path, one));
    }
  }
  document.getElementById("operations").replaceChildren(...groups.values());
}

main();
