import { NativeSelect } from "@mantine/core";
import type { Role } from "../api";
import { allows, roles } from "../role";
import { useMe } from "../shell/useMe";

interface Props {
  value: Role;
  onChange: (role: Role) => void;
  label?: string;
  describe?: boolean;
  size?: string;
}

/** Chooses a role: nobody gives one above their own. */
export function RoleSelect({ value, onChange, label, describe, size = "sm" }: Props) {
  const me = useMe();
  return (
    <NativeSelect
      size={size}
      label={label}
      {...(!label && { "aria-label": "Role" })}
      description={describe ? roles.find((r) => r.role === value)?.may : undefined}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value as Role)}
      data={roles.filter((r) => r.role === value || allows(me.user.role, r.role)).map((r) => r.role)}
    />
  );
}
