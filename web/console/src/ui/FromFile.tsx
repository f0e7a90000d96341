import { Notice } from "./Notice";

/** Says why something cannot be changed here. */
export function FromFile({ what }: { what: string }) {
  return (
    <Notice tone="file" title="Managed by the configuration file">
      This {what} comes from the file given to <code>secant serve --config</code>. Change it there; it is read again at each start.
    </Notice>
  );
}
