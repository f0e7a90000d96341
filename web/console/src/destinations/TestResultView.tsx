import type { TestResult } from "../api";
import { Notice } from "../ui/Notice";
import stack from "../ui/stack.module.css";
import { ExchangeView } from "./ExchangeView";

/** What came of a test event: the verdict and everything that was said on the wire. */
export function TestResultView({ result }: { result: TestResult }) {
  return (
    <div className={stack.stack} aria-live="polite">
      {result.ok ? <Notice tone="ok" title="The destination took the test event" /> : <Notice tone="bad" title="The test event was not delivered">{result.error}</Notice>}
      {(result.exchanges ?? []).map((x, i) => <ExchangeView key={i} exchange={x} />)}
    </div>
  );
}
