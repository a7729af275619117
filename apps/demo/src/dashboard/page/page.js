const historySeconds = 120;
const token = new URLSearchParams(location.search).get("token") ?? "";
const at = (id) => document.getElementById(id);

/** An element with a class and children, which may be text: nothing that comes from outside is read as HTML. */
const make = (name, className, ...children) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
};

class AdminError extends Error {
  constructor(status, { code, message }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ask = async (path, method = "GET") => {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const response = await fetch(path, { method, headers, signal: AbortSignal.timeout(5000) });
  const body = await response.json();
  if (!response.ok) throw new AdminError(response.status, body.error);
  return body;
};

// --- traffic

const samples = [];
let last;

/** What happened since the last reading of the running totals. */
const sample = (totals) => {
  const now = { ms: performance.now(), totals };
  if (last) {
    const since = (name) => totals[name] - last.totals[name];
    const [requests, errors] = [since("request_total"), since("request_errors")];
    const looked = since("cache_hits") + since("cache_misses");
    // Where nothing was asked there is no share and no time: a gap in the chart, not a zero.
    samples.push({
      rate: requests / ((now.ms - last.ms) / 1000),
      errors: requests ? (100 * errors) / requests : undefined,
      answerMs: requests ? (1000 * since("request_duration_seconds_sum")) / requests : undefined,
      hits: looked ? (100 * since("cache_hits")) / looked : undefined,
    });
    if (samples.length > historySeconds) samples.shift();
  }
  last = now;
};

const charts = [
  { key: "rate", name: "requests a second", unit: "/s", digits: 0 },
  { key: "errors", name: "answered 5xx", unit: " %", digits: 1 },
  { key: "answerMs", name: "mean answer", unit: " ms", digits: 1 },
  { key: "hits", name: "near-cache hits", unit: " %", digits: 0, most: 100 },
];

const svg = (name, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

/** The next round number: 1, 2 or 5 with zeros. */
const roundUp = (value) => {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
};

const drawChart = ({ key, name, unit, digits, most }) => {
  const values = samples.map((one) => one[key]);
  const known = values.filter((value) => value !== undefined);
  const current = values.at(-1);
  const top = most ?? roundUp(Math.max(1, ...known));
  let path = "";
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const [x, y] = [historySeconds - values.length + index + 1, 40 - (38 * value) / top];
    path += `${path === "" || values[index - 1] === undefined ? "M" : "L"}${x} ${y.toFixed(2)}`;
  }
  const picture = svg("svg", { viewBox: `0 0 ${historySeconds} 41`, preserveAspectRatio: "none", role: "img" });
  picture.setAttribute("aria-label", `${name}, the last two minutes, 0 to ${top}${unit}`);
  for (const y of [2, 40]) picture.append(svg("line", { x1: 0, x2: historySeconds, y1: y, y2: y }));
  picture.append(svg("path", { d: path }));
  return make(
    "div",
    "figure",
    make("p", "faint", name),
    make("b", "", current === undefined ? "–" : `${current.toFixed(digits)}${unit}`),
    picture,
    make("div", "scale", make("span", "", "-2 min"), make("span", "", `0 to ${top}${unit}`), make("span", "", "now")),
  );
};

// --- pods

/** A pod's state: a sign, a name, how bad it is. */
const stateOf = ({ sealed, leaseLeftMs, state }, leaseMs) => {
  if (sealed) return ["✕", "gone", "bad"];
  if (leaseLeftMs <= 0) return ["✕", "silent, lease ended", "bad"];
  if (leaseLeftMs < leaseMs / 2) return ["◔", "late", "wait"];
  return state === "ready" ? ["●", "ready", "good"] : ["◐", `leaving (${state})`, "wait"];
};

const drawPod = (pod, leaseMs) => {
  const [sign, name, tone] = stateOf(pod, leaseMs);
  const lives = tone !== "bad";
  const cells = {
    pod: pod.pod,
    state: make("span", tone, `${sign} ${name}`),
    "uids held": lives ? (pod.held ?? pod.load) : "–",
    "lease left": lives ? `${(pod.leaseLeftMs / 1000).toFixed(1)} s of ${leaseMs / 1000} s` : "–",
    address: pod.address,
    process: pod.pid ?? "–",
  };
  const row = make("tr", "");
  for (const [label, content] of Object.entries(cells)) {
    const cell = make("td", "", typeof content === "object" ? content : `${content}`);
    cell.dataset.name = label;
    row.append(cell);
  }
  return row;
};

const sum = (pods) => pods.reduce((total, { held, load }) => total + (held ?? load), 0);

// --- what is wrong

const severe = new Set(["critical", "high"]);
const list = (pods) => `pod${pods.length > 1 ? "s" : ""} ${pods.map(({ pod }) => pod).join(", ")}`;

/** The one line that says how things are: a tone, a headline, what it means. */
const judge = ({ pods, leaseMs, podsError, issues, reportError }) => {
  const error = podsError ?? reportError;
  if (error)
    return [
      "bad",
      `The store does not answer (${error.code})`,
      `Uids on living pods are served as long as leases last. ${error.message}`,
    ];
  const inState = (tone) => pods.filter((pod) => stateOf(pod, leaseMs)[2] === tone);
  const [ready, waiting, gone] = [inState("good"), inState("wait"), inState("bad")];
  if (ready.length === 0) return ["bad", "No pod takes new uids", "Requests for new uids are answered 503."];
  const worst = issues.find(({ severity }) => severe.has(severity));
  if (worst) return ["bad", worst.rule, worst.message];
  if (gone.length > 0)
    return ["bad", `Gone: ${list(gone)}`, "Uids that lived there get another pod when they are asked for."];
  if (waiting.length > 0)
    return ["wait", `Not quite there: ${list(waiting)}`, "Late with its lease, or leaving and handing over."];
  if (issues.length > 0) return ["wait", issues[0].rule, issues[0].message];
  return ["good", "All well", `${ready.length} pods are ready and hold ${sum(ready)} uids.`];
};

const showBanner = ([tone, headline, meaning]) => {
  at("banner").className = `banner ${tone}`;
  at("banner").replaceChildren(make("b", "", headline), make("span", "", meaning));
  document.title = tone === "good" ? "@route demo" : `${headline} · @route demo`;
};

const drawIssue = ({ severity, message, sinceMs, rule }, suggestions) =>
  make(
    "li",
    "",
    make(
      "span",
      severe.has(severity) ? "bad" : "wait",
      `▲ ${severity}, since ${new Date(sinceMs).toLocaleTimeString()}: ${message}`,
    ),
    ...suggestions.filter((one) => one.rule === rule).map((one) => make("p", "faint", `To do: ${one.suggestion}.`)),
  );

const drawFeature = ([name, isOn]) => {
  const button = make("button", isOn ? "good" : "wait", `${isOn ? "●" : "○"} ${name} ${isOn ? "on" : "off"}`);
  button.setAttribute("aria-pressed", isOn);
  button.onclick = async () => drawFeatures(await ask(`/features/${name}?on=${!isOn}`, "POST"));
  return button;
};
const drawFeatures = ({ features }) => at("features").replaceChildren(...Object.entries(features).map(drawFeature));

// --- where a uid lives

let watched;

const lookUp = async () => {
  if (watched === undefined) return;
  const [answer, raw] = [at("answer"), at("raw")];
  try {
    const { explanation, link, pod } = await ask(`/links/${encodeURIComponent(watched)}`);
    answer.textContent = explanation;
    raw.querySelector("pre").textContent = JSON.stringify({ link, pod }, undefined, 2);
    raw.hidden = false;
  } catch (error) {
    answer.textContent = error instanceof AdminError ? error.message : "The gateway does not answer.";
    raw.hidden = true;
  }
  answer.hidden = false;
};

// --- once a second

let answeredAt = new Date();

const refresh = async () => {
  try {
    const settled = await Promise.allSettled([ask("/pods"), ask("/report?format=json"), ask("/features")]);
    const refusal = settled.find(({ reason }) => reason && (reason.status === 401 || !(reason instanceof AdminError)));
    if (refusal) throw refusal.reason;
    const [pods, report, features] = settled.map(({ value }) => value);
    if (report) {
      sample(report.totals);
      at("traffic").replaceChildren(...charts.map(drawChart));
      const issues = report.issues.map((issue) => drawIssue(issue, report.suggestions));
      at("issues").replaceChildren(...(issues.length > 0 ? issues : [make("li", "good", "● none")]));
    }
    if (pods) {
      at("pods").replaceChildren(...pods.pods.map((pod) => drawPod(pod, pods.leaseMs)));
    }
    if (features) drawFeatures(features);
    at("pods").closest("table").classList.toggle("old", !pods);
    const [podsError, reportError] = settled.map(({ reason }) => reason);
    showBanner(judge({ pods: [], ...pods, podsError, reportError, issues: report?.issues ?? [] }));
    answeredAt = new Date();
    at("clock").textContent = `as of ${answeredAt.toLocaleTimeString()}`;
    document.body.classList.remove("stale");
  } catch (error) {
    document.body.classList.add("stale");
    if (error.status === 401) {
      showBanner(["bad", "The token is not accepted", "Open the address that the demo printed when it started."]);
      return;
    }
    const seconds = Math.round((Date.now() - answeredAt) / 1000);
    showBanner(["bad", "The gateway does not answer", `For ${seconds} s now; what stands here is older than that.`]);
  }
  await lookUp();
  setTimeout(refresh, 1000);
};

at("link").addEventListener("submit", (event) => {
  event.preventDefault();
  watched = new FormData(event.target).get("uid");
  void lookUp();
});

void refresh();
