import { Button } from "@mantine/core";
import { Notice } from "./Notice";

/** What a page shows instead of data that could not be read. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Notice
      tone="bad"
      title="This could not be loaded"
      action={retry && <Button size="xs" variant="default" onClick={retry}>Try again</Button>}
    >
      {error instanceof Error ? error.message : "The server gave no reason."}
    </Notice>
  );
}
