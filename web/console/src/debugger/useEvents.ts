import { useCallback, useEffect, useRef, useState } from "react";
import { listEvents, streamAddress, type SeenEvent } from "../api";
import { arrived, cleared, dropped, emptyBuffer, loaded, paused, resumed, type EventBuffer } from "./eventBuffer";
import { prepare } from "./filter";

export type Connection = "connecting" | "live" | "broken";

// What arrives is shown in bundles, so that a busy source does not make the
// page draw itself for every single event.
const bundle = 120;

/** The events of a source: those the server kept, then each as it arrives. */
export function useEvents(source: string, limit = 500) {
  const [buffer, setBuffer] = useState<EventBuffer>(emptyBuffer);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>();
  const inbox = useRef<SeenEvent[]>([]);

  useEffect(() => {
    setBuffer(emptyBuffer);
    setLoading(true);
    setError(undefined);
    setConnection("connecting");
    inbox.current = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const flush = () => {
      timer = undefined;
      const events = inbox.current;
      inbox.current = [];
      prepare(events);
      setBuffer((b) => arrived(b, events));
    };
    const load = () =>
      listEvents(source, limit)
        .then((list) => !over && setBuffer((b) => loaded(b, list)))
        .catch((e: unknown) => !over && setError(e))
        .finally(() => !over && setLoading(false));
    const stream = new EventSource(streamAddress(source));
    // Listening comes first, so that nothing falls between list and stream.
    stream.onopen = () => {
      setConnection("live");
      void load();
    };
    stream.onerror = () => {
      setConnection("broken");
      setLoading(false);
    };
    stream.addEventListener("event", (m) => {
      inbox.current.push(JSON.parse(m.data as string) as SeenEvent);
      timer ??= setTimeout(flush, bundle);
    });
    stream.addEventListener("dropped", (m) => setBuffer((b) => dropped(b, (JSON.parse(m.data as string) as { n: number }).n)));
    return () => {
      over = true;
      clearTimeout(timer);
      stream.close();
    };
  }, [source, limit]);

  return {
    buffer,
    connection,
    loading,
    error,
    toggle: useCallback(() => setBuffer((b) => (b.paused ? resumed(b) : paused(b))), []),
    clear: useCallback(() => setBuffer(cleared), []),
  };
}
