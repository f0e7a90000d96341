import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { addWriteKey, removeWriteKey, type Source } from "../api";
import { sourceQuery } from "../queries";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { CopyButton } from "../ui/CopyButton";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { say, sayFailed } from "../ui/toast";
import classes from "./WriteKeys.module.css";

/** The keys of a source. To rotate one: add another, install it, remove the old. */
export function WriteKeys({ source, locked }: { source: Source; locked: boolean }) {
  const client = useQueryClient();
  const [removing, setRemoving] = useState<string>();
  const refresh = () => client.invalidateQueries({ queryKey: sourceQuery(source.id).queryKey });
  const add = useMutation({
    mutationFn: () => addWriteKey(source.id),
    onSuccess: async () => {
      await refresh();
      say("Write key added. The old ones go on working until you remove them.");
    },
    onError: sayFailed("No key was added"),
  });
  return (
    <Panel
      title="Write keys"
      description="SDKs send one along with each event. To rotate: add a key, install it everywhere, then remove the old one."
      actions={!locked && <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} loading={add.isPending} onClick={() => add.mutate()}>Add key</Button>}
    >
      <ul className={classes.keys}>
        {source.writeKeys.map((key) => (
          <li key={key}>
            <span className={stack.mono}>{key}</span>
            <span className={classes.tools}>
              <CopyButton value={key} label={`Copy write key ${key}`} />
              {!locked && (
                <Tooltip label="Remove">
                  <ActionIcon variant="subtle" color="red" aria-label={`Remove write key ${key}`} onClick={() => setRemoving(key)}>
                    <IconTrash size={16} />
                  </ActionIcon>
                </Tooltip>
              )}
            </span>
          </li>
        ))}
        {source.writeKeys.length === 0 && <li className={stack.muted}>No key: no event can reach this source.</li>}
      </ul>
      <ConfirmDelete
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this write key?"
        action="Remove key"
        run={async () => {
          await removeWriteKey(source.id, removing!);
          await refresh();
          say("Write key removed");
        }}
      >
        <span className={stack.mono}>{removing}</span> stops working at once. Events from where it is still installed are no longer kept.{source.writeKeys.length === 1 && " It is the source's only key: without one, no event can reach the source."}
      </ConfirmDelete>
    </Panel>
  );
}
