import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { languageOf, languages } from "../languages/languages";
import { sourceQuery } from "../queries";
import { useEventsOrigin } from "../shell/useMe";
import { Code } from "../ui/Code";
import { CopyButton } from "../ui/CopyButton";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import classes from "./ConnectTab.module.css";
import { FirstEvent } from "./FirstEvent";

/** The code that sends events to this source, ready to paste, and the proof that it works. */
export function ConnectTab() {
  const { id } = useParams({ from: "/shell/sources/$id/connect" });
  const { data: source } = useQuery(sourceQuery(id));
  const origin = useEventsOrigin();
  const [chosen, setChosen] = useState<string>();
  const [key, setKey] = useState<string>();
  if (!source) return null;
  const language = languages.find((l) => l.id === chosen) ?? languageOf(source.type);
  const writeKey = key && source.writeKeys.includes(key) ? key : source.writeKeys.at(-1);
  if (!writeKey) return <Notice tone="warn" title="This source has no write key">Add one on the Settings tab; events cannot reach the source without it.</Notice>;
  const target = { origin, writeKey };
  const note = language.note?.(target);
  return (
    <div className={classes.connect}>
      <div className={classes.code}>
        <nav className={classes.languages} aria-label="Language">
          {languages.map((l) => (
            <button key={l.id} type="button" aria-pressed={l.id === language.id} className={classes.language} onClick={() => setChosen(l.id)}>{l.label}</button>
          ))}
        </nav>
        <Panel>
          <div className={stack.stack}>
            {note && <p className={stack.muted}>{note}</p>}
            {language.steps(target).map((step, i, all) => (
              <div key={step.title} className={classes.step}>
                <h2 className={classes.stepTitle}>{all.length > 1 && <span className={classes.number}>{i + 1}</span>}{step.title}</h2>
                <Code code={step.code} syntax={step.syntax} label={step.title} wrap={!step.code.includes("\n")} maxHeight={360} />
              </div>
            ))}
          </div>
        </Panel>
      </div>
      <div className={classes.side}>
        <FirstEvent source={source} />
        <Panel title="Where events go">
          <dl className={classes.facts}>
            <dt>Server</dt>
            <dd><span className={stack.mono}>{origin}</span><CopyButton value={origin} label="Copy server address" /></dd>
            <dt>Write key</dt>
            <dd>
              {source.writeKeys.length > 1 ? (
                <NativeSelect size="xs" className={classes.key} aria-label="Write key" data={source.writeKeys} value={writeKey} onChange={(e) => setKey(e.currentTarget.value)} />
              ) : <span className={stack.mono}>{writeKey}</span>}
              <CopyButton value={writeKey} label="Copy write key" />
            </dd>
          </dl>
          <p className={classes.remark}>Any Segment SDK works: only its host and write key change. A write key is public, it only lets events in.</p>
        </Panel>
      </div>
    </div>
  );
}
