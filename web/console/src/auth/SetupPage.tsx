import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { setUp } from "../api";
import { ApiError } from "../http";
import { meQuery, setupQuery } from "../queries";
import { Notice } from "../ui/Notice";
import { AuthFrame } from "./AuthFrame";
import classes from "./AuthFrame.module.css";
import { setupToken } from "./setupToken";

const fields = ["email", "name", "password"] as const;

/** The first start: whoever holds the printed link becomes the owner. */
export function SetupPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const setup = useQuery(setupQuery);
  const [link] = useState(() => setupToken(/token=/.test(location.href) ? location.href : ""));
  const [typed, setTyped] = useState("");
  const [form, setForm] = useState({ email: "", name: "", password: "" });
  const set = (key: keyof typeof form) => (e: { currentTarget: { value: string } }) => setForm({ ...form, [key]: e.currentTarget.value });
  const create = useMutation({
    mutationFn: setUp,
    onSuccess: async (me) => {
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      await navigate({ to: "/", replace: true });
    },
  });
  const error = create.error instanceof ApiError ? create.error : undefined;
  if (setup.data && !setup.data.needed) {
    return (
      <AuthFrame title="Already set up" description="This installation has an owner. The set-up link worked once and is spent.">
        <div className={classes.form}><Button component={Link} to="/login" fullWidth size="md">Sign in</Button></div>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title="Welcome to Secant" description="Create the owner of this installation. You can invite others afterwards.">
      <form className={classes.form} onSubmit={(e) => { e.preventDefault(); create.mutate({ token: link || setupToken(typed), ...form, email: form.email.trim() }); }}>
        {!link && (
          <TextInput
            label="Set-up link"
            description="Printed by secant serve when it first started."
            placeholder="http://127.0.0.1:8080/setup#token=…"
            required
            withAsterisk={false}
            value={typed}
            onChange={(e) => setTyped(e.currentTarget.value)}
            error={error?.field("token")}
          />
        )}
        <TextInput label="E-mail" type="email" name="email" autoComplete="username" required withAsterisk={false} autoFocus value={form.email} onChange={set("email")} error={error?.field("email")} />
        <TextInput label="Your name" name="name" autoComplete="name" value={form.name} onChange={set("name")} error={error?.field("name")} />
        <PasswordInput label="Password" description="At least 10 characters. A short sentence is good." name="password" autoComplete="new-password" required withAsterisk={false} minLength={10} maxLength={200} value={form.password} onChange={set("password")} error={error?.field("password")} />
        {create.isError && (error?.besides(fields) ?? (error ? undefined : create.error.message)) && (
          <Notice tone="bad">{error?.besides(fields) ?? create.error.message}</Notice>
        )}
        <Button type="submit" fullWidth size="md" loading={create.isPending}>Create owner and sign in</Button>
      </form>
    </AuthFrame>
  );
}
