import type { Exchange } from "../api";
import { Code } from "../ui/Code";
import { Tag } from "../ui/Tag";
import classes from "./ExchangeView.module.css";
import { bodyOf, headerLines } from "./exchange";

/** One HTTP request and its answer, as they went over the wire; secrets are replaced. */
export function ExchangeView({ exchange: x }: { exchange: Exchange }) {
  const request = bodyOf(x.request.body, x.request.bodyTruncated);
  const response = x.response && bodyOf(x.response.body, x.response.bodyTruncated);
  return (
    <div className={classes.exchange}>
      <section className={classes.side} aria-label="Request">
        <h3 className={classes.head}><span>Request</span></h3>
        <p className={classes.line}><b>{x.request.method}</b> {x.request.url}</p>
        <Headers headers={x.request.headers} />
        {request.text && <Code code={request.text} syntax={request.syntax} label="request body" wrap maxHeight={300} />}
      </section>
      <section className={classes.side} aria-label="Response">
        <h3 className={classes.head}><span>Response</span><span className={classes.took}>{x.durationMs.toFixed(x.durationMs < 10 ? 1 : 0)} ms</span></h3>
        {x.response ? (
          <>
            <p className={classes.line}><Tag tone={x.response.status < 300 ? "ok" : "bad"}>{x.response.status}</Tag></p>
            <Headers headers={x.response.headers} />
            {response?.text ? <Code code={response.text} syntax={response.syntax} label="response body" wrap maxHeight={300} /> : <p className={classes.none}>No body</p>}
          </>
        ) : <p className={classes.none}>None came.</p>}
        {x.error && <p className={classes.error}>{x.error}</p>}
      </section>
    </div>
  );
}

function Headers({ headers }: { headers: Record<string, string[]> }) {
  const lines = headerLines(headers);
  if (lines.length === 0) return null;
  return (
    <details className={classes.headers}>
      <summary>{lines.length} headers</summary>
      <dl>{lines.map(([name, value], i) => <div key={i}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </details>
  );
}
