'use strict';
// What runs here, as GET /api/v1/... answers it. Text goes in as text, never as HTML.

const parts = [
  {
    id: 'endpoints',
    columns: { Endpoint: (e) => e.name, Serves: (e) => e.version, State: (e) => (e.ready ? 'ready' : `not ready: ${e.reason ?? ''}`), URL: (e) => `/v2/models/${e.name}` },
    none: 'None yet. Deploy a model with: millrace deploy ENDPOINT --model NAME',
  },
  {
    id: 'models',
    columns: { Model: (m) => m.name, Newest: (m) => m.latest ?? m.latest_version ?? m.newest ?? last(m.versions), Aliases: (m) => aliases(m.aliases) },
    none: 'None yet. Import one with: millrace model import NAME FILE.onnx',
  },
  {
    id: 'pipelines',
    columns: { Pipeline: (p) => p.name, Project: (p) => p.project, 'Last run': (p) => p.last_run?.state ?? p.state },
    none: 'None yet. Apply a project with: millrace apply DIR',
  },
  {
    id: 'datasets',
    columns: { Dataset: (d) => d.name, Version: (d) => d.version ?? d.number, Rows: (d) => d.rows?.toLocaleString('en'), Created: (d) => d.created_at },
    none: 'None yet. Apply a project with: millrace apply DIR',
  },
];

function last(versions) {
  const version = Array.isArray(versions) ? versions.at(-1) : versions;
  return typeof version === 'object' && version !== null ? version.number : version;
}

function aliases(value) {
  if (Array.isArray(value)) return value.map((a) => `${a.name ?? a.alias} → ${a.version ?? a.number}`).join(', ');
  return Object.entries(value ?? {}).map(([name, version]) => `${name} → ${version}`).join(', ');
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function table(columns, rows) {
  const made = element('table');
  const head = made.createTHead().insertRow();
  for (const title of Object.keys(columns)) {
    const cell = element('th', title);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const read of Object.values(columns)) line.insertCell().textContent = read(row) ?? '–';
  }
  return made;
}

async function show(part) {
  const place = document.getElementById(part.id);
  try {
    const response = await fetch(`/api/v1/${part.id}`, { headers: { Accept: 'application/json' } });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    const rows = Array.isArray(answer) ? answer : (answer[part.id] ?? []);
    const none = element('p', part.none);
    none.className = 'none';
    place.replaceChildren(rows.length ? table(part.columns, rows) : none);
  } catch (failure) {
    const said = element('p', failure.message);
    said.className = 'failed';
    place.replaceChildren(said);
  }
}

async function version() {
  const answer = await (await fetch('/version')).json();
  document.getElementById('version').append(` Version ${answer.version}.`);
}

parts.forEach(show);
version();
