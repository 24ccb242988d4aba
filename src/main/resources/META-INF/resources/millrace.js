'use strict';
// What runs here, as GET /api/v1/... answers it. Text goes in as text, never as HTML.

const MOST_COLUMNS = 6;

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
    columns: { Experiment: (e) => link(e.name, `#/experiments/${e.id}`), Folder: (e) => e.folder || undefined, Changed: (e) => e.updated_at },
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

function link(text, target) {
  const made = element('a', text);
  made.href = target;
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
    for (const read of Object.values(columns)) line.insertCell().append(read(row) ?? '–');
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

// MLflow's clients print links such as #/experiments/1 and #/experiments/1/runs/ID.
async function linked() {
  const place = document.getElementById('linked');
  const [, experiment, run] = /^#\/experiments\/(\d+)(?:\/runs\/([0-9a-f]{32}))?/.exec(location.hash) ?? [];
  place.hidden = !experiment;
  if (!experiment) return;
  try {
    place.replaceChildren(...(run ? await oneRun(run) : await runsOf(experiment)));
  } catch (failure) {
    const said = element('p', failure.message);
    said.className = 'failed';
    place.replaceChildren(said);
  }
}

async function oneRun(id) {
  const found = await read(`/api/v1/experiments/runs/${id}`);
  const pairs = (title, values) => table({ [title]: (p) => p[0], Value: (p) => p[1] }, Object.entries(values));
  const metrics = { Metric: (m) => m.key, Value: (m) => m.value ?? 'NaN', Step: (m) => m.step };
  return [
    element('h2', `Run ${found.name}: ${found.state.toLowerCase()}`),
    table(metrics, found.metrics),
    pairs('Parameter', found.params),
    pairs('Tag', found.tags),
  ];
}

async function runsOf(experiment) {
  const { name } = await read(`/api/v1/experiments/${experiment}`);
  const { runs } = await read(`/api/v1/experiments/${experiment}/runs?limit=100`);
  const columns = {
    Run: (r) => link(r.name, `#/experiments/${experiment}/runs/${r.id}`),
    State: (r) => r.state.toLowerCase(),
    Started: (r) => r.started_at,
  };
  const keys = (read) => [...new Set(runs.flatMap(read))].slice(0, MOST_COLUMNS);
  for (const key of keys((r) => r.metrics.map((m) => m.key)))
    columns[key] = (r) => r.metrics.find((m) => m.key === key)?.value?.toPrecision(6);
  for (const key of keys((r) => Object.keys(r.params))) columns[key] = (r) => r.params[key];
  const shown = element('div');
  shown.append(runs.length ? table(columns, runs) : element('p', 'No runs yet.'));
  return [element('h2', `Experiment ${name}`), shown];
}

parts.forEach(show);
version();
linked();
addEventListener('hashchange', linked);
