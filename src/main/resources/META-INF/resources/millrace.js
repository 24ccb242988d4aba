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
    columns: { Model: (m) => m.name, Newest: (m) => m.latest || 'no version yet', Aliases: (m) => aliases(m.aliases) },
    none: 'None yet. Import one with: millrace model import NAME FILE.onnx',
  },
  {
    id: 'experiments',
    columns: { Experiment: (e) => e.name, Folder: (e) => e.folder || undefined, Changed: (e) => e.updated_at },
    none: 'None yet. Log to MLFLOW_TRACKING_URI=' + location.origin,
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

function aliases(value) {
  return Object.entries(value).map(([name, version]) => `${name} → ${version}`).join(', ');
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
    const rows = (await read(`/api/v1/${part.id}`))[part.id];
    const none = element('p', part.none);
    none.className = 'none';
    place.replaceChildren(rows.length ? table(part.columns, rows) : none);
  } catch (failure) {
    const said = element('p', failure.message);
    said.className = 'failed';
    place.replaceChildren(said);
  }
}

async function read(path) {
  const response = await fetch(path, { headers: { Accept: 'application/json' } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function version() {
  const answer = await read('/version');
  document.getElementById('version').append(` Version ${answer.version}.`);
}

// MLflow's clients print links such as #/experiments/1/runs/ID.
async function run() {
  const place = document.getElementById('run');
  const id = /^#\/experiments\/\d+\/runs\/([0-9a-f]{32})/.exec(location.hash)?.[1];
  place.hidden = !id;
  if (!id) return;
  const heading = element('h2', `Run ${id}`);
  try {
    const found = await read(`/api/v1/experiments/runs/${id}`);
    heading.textContent = `Run ${found.name}: ${found.state.toLowerCase()}`;
    const pairs = (title, values) => table({ [title]: (p) => p[0], Value: (p) => p[1] }, Object.entries(values));
    const metrics = { Metric: (m) => m.key, Value: (m) => m.value ?? 'NaN', Step: (m) => m.step };
    place.replaceChildren(heading, table(metrics, found.metrics), pairs('Parameter', found.params), pairs('Tag', found.tags));
  } catch (failure) {
    const said = element('p', failure.message);
    said.className = 'failed';
    place.replaceChildren(heading, said);
  }
}

parts.forEach(show);
version();
run();
addEventListener('hashchange', run);
