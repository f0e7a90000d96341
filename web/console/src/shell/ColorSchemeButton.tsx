import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";

const order: Record<MantineColorScheme, { next: MantineColorScheme; icon: typeof IconSun; label: string }> = {
  auto: { next: "light", icon: IconDeviceDesktop, label: "Colours as the system has them" },
  light: { next: "dark", icon: IconSun, label: "Light colours" },
  dark: { next: "auto", icon: IconMoon, label: "Dark colours" },
};

/** Goes through the system's colours, light and dark. */
export function ColorSchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, icon: Icon, label } = order[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={`${label}. Change to: ${order[next].label}`} onClick={() => setColorScheme(next)}>
        <Icon size={16} stroke={1.75} />
      </ActionIcon>
    </Tooltip>
  );
}
