/** The dashboard: one page without anything from outside, which reads the other admin routes every second. */
export const dashboardPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@route demo</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --good: #2a9d5c; --bad: #d1495b; --wait: #e0a030; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; margin-bottom: 0; } h2 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
  p { margin: .2rem 0; opacity: .75; }
  .figures { display: flex; flex-wrap: wrap; gap: .8rem; margin-top: 1rem; }
  .figure { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; min-width: 7.5rem; }
  .figure b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
  .state { border-radius: 1rem; padding: .05rem .6rem; color: #fff; background: var(--wait); }
  .state.ready { background: var(--good); } .state.gone { background: var(--bad); }
  li.critical, li.high { color: var(--bad); }
  form { display: flex; gap: .5rem; } input { font: inherit; padding: .2rem .5rem; flex: 1; }
  pre { background: #8881; padding: .7rem; border-radius: .5rem; overflow: auto; }
</style>
<h1>@route demo</h1>
<p id="status">connecting ...</p>
<div class="figures" id="figures"></div>
<h2>Pods</h2>
<table><thead><tr><th>pod<th>state<th>uids held<th>lease left<th>address<th>pid</thead><tbody id="pods"></tbody></table>
<h2>Issues</h2>
<ul id="issues"></ul>
<h2>Where does a uid live?</h2>
<form id="link"><input name="uid" placeholder="uid, e.g. alice" required><button>Look up</button></form>
<pre id="answer" hidden></pre>
<script>
  const token = new URLSearchParams(location.search).get("token");
  const get = async (path) => (await fetch(path, { headers: { authorization: "Bearer " + token, accept: "application/json" } })).json();
  const cell = (text, name) => { const td = document.createElement("td"); const span = document.createElement("span");
    span.textContent = text; if (name) span.className = name; td.append(span); return td; };
  const row = (cells) => { const tr = document.createElement("tr"); tr.append(...cells); return tr; };
  const figure = ([name, value]) => { const div = document.createElement("div"); div.className = "figure";
    const b = document.createElement("b"); b.textContent = value; div.append(b, name); return div; };
  let last;
  const refresh = async () => {
    const status = document.getElementById("status");
    try {
      const [{ pods }, report] = await Promise.all([get("/pods"), get("/report?format=json")]);
      const t = report.totals, now = performance.now();
      const rate = last ? (t.request_total - last.total) / ((now - last.at) / 1000) : 0;
      last = { total: t.request_total, at: now };
      const mean = t.request_duration_seconds_count ? 1000 * t.request_duration_seconds_sum / t.request_duration_seconds_count : 0;
      document.getElementById("figures").replaceChildren(...[
        ["requests/s", rate.toFixed(0)], ["requests", t.request_total], ["errors", t.request_errors],
        ["mean answer", mean.toFixed(1) + " ms"], ["near-cache hits", (100 * t.cache_hit_rate).toFixed(0) + " %"],
      ].map(figure));
      document.getElementById("pods").replaceChildren(...pods.map((p) => { const gone = p.sealed || p.leaseLeftMs <= 0;
        return row([cell(p.pod), cell(gone ? "gone" : p.state, "state " + (gone ? "gone" : p.state)), cell(gone ? "" : p.load),
          cell(gone ? "" : (p.leaseLeftMs / 1000).toFixed(1) + " s"), cell(p.address), cell(p.pid ?? "")]); }));
      const issues = report.issues.map((issue) => { const li = document.createElement("li"); li.className = issue.severity;
        li.textContent = issue.severity + ": " + issue.message; return li; });
      if (!issues.length) { const li = document.createElement("li"); li.textContent = "none"; issues.push(li); }
      document.getElementById("issues").replaceChildren(...issues);
      status.textContent = "as of " + new Date().toLocaleTimeString();
    } catch (error) { status.textContent = "the gateway does not answer: " + error.message; }
    setTimeout(refresh, 1000);
  };
  document.getElementById("link").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = document.getElementById("answer");
    answer.hidden = false;
    answer.textContent = JSON.stringify(await get("/links/" + encodeURIComponent(new FormData(event.target).get("uid"))), null, 2);
  });
  refresh();
</script>
</html>
`;
