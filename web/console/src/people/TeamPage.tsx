import { ActionIcon, Button, TextInput, Tooltip, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconTrash, IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { changePerson, createPerson, deletePerson, type Person, type Role } from "../api";
import { ApiError } from "../http";
import { peopleQuery } from "../queries";
import { allows } from "../role";
import { useMay, useMe } from "../shell/useMe";
import { Actions } from "../ui/Actions";
import { Ago } from "../ui/Ago";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { Dialog } from "../ui/Dialog";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import table from "../ui/Table.module.css";
import { Tag } from "../ui/Tag";
import { say, sayFailed } from "../ui/toast";
import { OnlyAdmins } from "./OnlyAdmins";
import { RoleSelect } from "./RoleSelect";
import { Secret } from "./Secret";

/** Who may sign in, and what each may do. */
export function TeamPage() {
  const may = useMay("admin");
  if (!may) return <OnlyAdmins title="Team" />;
  return <Team />;
}

function Team() {
  const me = useMe();
  const client = useQueryClient();
  const people = useQuery(peopleQuery);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Person>();
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => changePerson(id, { role }),
    onSuccess: () => say("Role changed. It holds at once."),
    onError: sayFailed("The role was not changed"),
    onSettled: () => client.invalidateQueries({ queryKey: peopleQuery.queryKey }),
  });
  return (
    <Page title="Team" description="Who may sign in to this console." actions={<Button leftSection={<IconUserPlus size={16} />} onClick={() => setAdding(true)}>Add person</Button>}>
      <Panel flush>
        {people.isPending ? <Loading /> : people.isError ? <Failure error={people.error} retry={() => void people.refetch()} /> : (
          <div className={table.scroll}>
            <table className={table.table}>
              <thead><tr><th>Person</th><th>Role</th><th className={table.wide}>Since</th><th><VisuallyHidden>Actions</VisuallyHidden></th></tr></thead>
              <tbody>
                {people.data.map((p) => {
                  const self = p.id === me.user.id;
                  return (
                    <tr key={p.id}>
                      <td>
                        <div>{p.name || p.email} {self && <Tag>You</Tag>}</div>
                        {p.name && <div className={table.sub}>{p.email}</div>}
                      </td>
                      <td>{self || !allows(me.user.role, p.role) ? <Tag>{p.role}</Tag> : <RoleSelect size="xs" value={p.role} onChange={(role) => change.mutate({ id: p.id, role })} />}</td>
                      <td className={table.wide}><Ago at={p.createdAt} /></td>
                      <td className={table.number}>
                        {!self && allows(me.user.role, p.role) && (
                          <Tooltip label="Remove">
                            <ActionIcon variant="subtle" color="red" aria-label={`Remove ${p.email}`} onClick={() => setRemoving(p)}><IconTrash size={16} /></ActionIcon>
                          </Tooltip>
                        )}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Add person"><AddPerson onDone={() => setAdding(false)} /></Dialog>
      <ConfirmDelete
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Remove ${removing?.name || removing?.email}?`}
        action="Remove"
        run={async () => {
          await deletePerson(removing!.id);
          await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
          say("Removed");
        }}
      >
        They are signed out everywhere at once. What they did stays in the audit trail.
      </ConfirmDelete>
    </Page>
  );
}

function AddPerson({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const [form, setForm] = useState<{ email: string; name: string; role: Role }>({ email: "", name: "", role: "editor" });
  const create = useMutation({
    mutationFn: () => createPerson({ ...form, email: form.email.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: peopleQuery.queryKey }),
  });
  const error = create.error instanceof ApiError ? create.error : undefined;
  if (create.data?.password) {
    return <Secret value={create.data.password} onDone={onDone}>{`The first password of ${create.data.user.email}. Hand it over safely; they can change it under Your account.`}</Secret>;
  }
  return (
    <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); create.mutate(); }}>
      <TextInput label="E-mail" type="email" required withAsterisk={false} autoComplete="off" value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} error={error?.field("email")} />
      <TextInput label="Name" autoComplete="off" value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} error={error?.field("name")} />
      <RoleSelect label="Role" describe value={form.role} onChange={(role) => setForm({ ...form, role })} />
      {create.isError && (!error || error.besides(["email", "name"])) && <Notice tone="bad">{error?.besides(["email", "name"]) ?? create.error.message}</Notice>}
      <Actions>
        <Button variant="default" onClick={onDone}>Cancel</Button>
        <Button type="submit" loading={create.isPending}>Add person</Button>
      </Actions>
    </form>
  );
}
