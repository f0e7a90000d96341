import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { logIn } from "../api";
import { ApiError } from "../http";
import { meQuery } from "../queries";
import { Notice } from "../ui/Notice";
import { AuthFrame } from "./AuthFrame";
import classes from "./AuthFrame.module.css";

/** Signing in with e-mail and password. */
export function LoginPage() {
  const { to } = useSearch({ from: "/login" });
  const router = useRouter();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: logIn,
    onSuccess: (me) => {
      client.clear();
      client.setQueryData(meQuery.queryKey, me);
      // Only a path of this console: never where a link from outside points.
      router.history.push(to?.startsWith("/") && !to.startsWith("//") ? to : "/");
    },
  });
  return (
    <AuthFrame title="Sign in to Secant">
      <form className={classes.form} onSubmit={(e) => { e.preventDefault(); login.mutate({ email: email.trim(), password }); }}>
        <TextInput label="E-mail" type="email" name="email" autoComplete="username" required autoFocus withAsterisk={false} value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput label="Password" name="password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(e) => setPassword(e.currentTarget.value)} />
        {login.isError && <Notice tone="bad">{login.error instanceof ApiError && login.error.status === 401 ? "The e-mail address or the password is wrong." : login.error.message}</Notice>}
        <Button type="submit" fullWidth size="md" loading={login.isPending}>Sign in</Button>
      </form>
    </AuthFrame>
  );
}
