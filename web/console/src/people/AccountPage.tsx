import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeMe } from "../api";
import { ApiError } from "../http";
import { meQuery } from "../queries";
import { useMe } from "../shell/useMe";
import { Actions } from "../ui/Actions";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { say } from "../ui/toast";

/** One's own name and password. */
export function AccountPage() {
  const me = useMe();
  const client = useQueryClient();
  const [name, setName] = useState(me.user.name);
  const [password, setPassword] = useState({ current: "", next: "" });
  const rename = useMutation({
    mutationFn: () => changeMe({ name: name.trim() }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
      say("Saved");
    },
  });
  const change = useMutation({
    mutationFn: () => changeMe({ currentPassword: password.current, password: password.next }),
    onSuccess: () => {
      setPassword({ current: "", next: "" });
      say("Password changed. Your other sessions are signed out.");
    },
  });
  const error = change.error instanceof ApiError ? change.error : undefined;
  return (
    <Page title="Your account" description={`${me.user.email} · ${me.user.role}`} width="narrow">
      <div className={stack.stack}>
        <Panel title="Name">
          <form onSubmit={(e) => { e.preventDefault(); rename.mutate(); }}>
            <TextInput aria-label="Name" autoComplete="name" value={name} onChange={(e) => setName(e.currentTarget.value)} error={rename.error?.message} maw={420} />
            <Actions><Button type="submit" disabled={name === me.user.name} loading={rename.isPending}>Save</Button></Actions>
          </form>
        </Panel>
        <Panel title="Password">
          <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); change.mutate(); }}>
            <input type="text" name="email" autoComplete="username" value={me.user.email} readOnly hidden />
            <PasswordInput label="Current password" autoComplete="current-password" required withAsterisk={false} value={password.current} onChange={(e) => setPassword({ ...password, current: e.currentTarget.value })} error={error?.field("currentPassword")} maw={420} />
            <PasswordInput label="New password" description="At least 10 characters." autoComplete="new-password" required withAsterisk={false} minLength={10} maxLength={200} value={password.next} onChange={(e) => setPassword({ ...password, next: e.currentTarget.value })} error={error?.field("password")} maw={420} />
            {change.isError && (!error || error.besides(["currentPassword", "password"])) && <Notice tone="bad">{error?.besides(["currentPassword", "password"]) ?? change.error.message}</Notice>}
            <Actions><Button type="submit" loading={change.isPending}>Change password</Button></Actions>
          </form>
        </Panel>
      </div>
    </Page>
  );
}
