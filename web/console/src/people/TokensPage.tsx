import { ActionIcon, Button, NativeSelect, TextInput, Tooltip, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { createToken, deleteToken, type Role, type Token } from "../api";
import { ApiError } from "../http";
import { tokensQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Actions } from "../ui/Actions";
import { Ago } from "../ui/Ago";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { Dialog } from "../ui/Dialog";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import table from "../ui/Table.module.css";
import { Tag } from "../ui/Tag";
import { say } from "../ui/toast";
import { OnlyAdmins } from "./OnlyAdmins";
import { RoleSelect } from "./RoleSelect";
import { Secret } from "./Secret";

/** The keys that programs drive the management API with. */
export function TokensPage() {
  const may = useMay("admin");
  if (!may) return <OnlyAdmins title="API tokens" />;
  return <Tokens />;
}

function Tokens() {
  const client = useQueryClient();
  const tokens = useQuery(tokensQuery);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Token>();
  const add = <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>New token</Button>;
  return (
    <Page title="API tokens" description="For programs: the command line, scripts, Terraform. Each carries a role." actions={tokens.data?.length ? add : undefined}>
      <Panel flush>
        {tokens.isPending ? <Loading /> : tokens.isError ? <Failure error={tokens.error} retry={() => void tokens.refetch()} /> : tokens.data.length === 0 ? (
          <Empty icon={<IconKey size={22} />} title="No API tokens" action={add}>A program sends its token as <code>Authorization: Bearer</code> and may do what the token's role may.</Empty>
        ) : (
          <div className={table.scroll}>
            <table className={table.table}>
              <thead><tr><th>Name</th><th>Role</th><th className={table.wide}>Created</th><th className={table.wide}>Last used</th><th>Expires</th><th><VisuallyHidden>Actions</VisuallyHidden></th></tr></thead>
              <tbody>
                {tokens.data.map((t) => (
                  <tr key={t.id}>
                    <td>{t.name}</td>
                    <td><Tag>{t.role}</Tag></td>
                    <td className={table.wide}><Ago at={t.createdAt} /></td>
                    <td className={table.wide}><Ago at={t.lastUsedAt} /></td>
                    <td>{t.expiresAt && Date.parse(t.expiresAt) < Date.now() ? <Tag tone="bad">Expired</Tag> : <Ago at={t.expiresAt} />}</td>
                    <td className={table.number}>
                      <Tooltip label="Revoke">
                        <ActionIcon variant="subtle" color="red" aria-label={`Revoke ${t.name}`} onClick={() => setRemoving(t)}><IconTrash size={16} /></ActionIcon>
                      </Tooltip>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <Dialog opened={adding} onClose={() => setAdding(false)} title="New API token"><AddToken onDone={() => setAdding(false)} /></Dialog>
      <ConfirmDelete
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Revoke ${removing?.name}?`}
        action="Revoke token"
        run={async () => {
          await deleteToken(removing!.id);
          await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
          say("Token revoked");
        }}
      >
        Programs that use it are refused from now on.
      </ConfirmDelete>
    </Page>
  );
}

const lifetimes = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "Never" },
];

function AddToken({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [days, setDays] = useState("90");
  const create = useMutation({
    mutationFn: () => createToken({ name: name.trim(), role, ...(days && { expiresAt: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }) }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const error = create.error instanceof ApiError ? create.error : undefined;
  if (create.data) return <Secret value={create.data.secret} onDone={onDone}>{`The token “${create.data.token.name}”. Only its hash is kept.`}</Secret>;
  return (
    <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); create.mutate(); }}>
      <TextInput label="Name" description="What uses it, so that you know later." placeholder="CI deploys" required withAsterisk={false} value={name} onChange={(e) => setName(e.currentTarget.value)} error={error?.field("name")} maxLength={200} />
      <RoleSelect label="Role" describe value={role} onChange={setRole} />
      <NativeSelect label="Expires" value={days} onChange={(e) => setDays(e.currentTarget.value)} data={lifetimes} error={error?.field("expiresAt")} />
      {create.isError && (!error || error.besides(["name", "expiresAt"])) && <Notice tone="bad">{error?.besides(["name", "expiresAt"]) ?? create.error.message}</Notice>}
      <Actions>
        <Button variant="default" onClick={onDone}>Cancel</Button>
        <Button type="submit" loading={create.isPending}>Create token</Button>
      </Actions>
    </form>
  );
}
