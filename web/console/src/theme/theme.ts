import { createTheme, type MantineColorsTuple } from "@mantine/core";

// Petrol is the console's own colour. It marks what can be acted on and what is
// live; everything else is neutral, so that states (green, amber, red) stand out.
const petrol: MantineColorsTuple = [
  "#e6f4f6", "#cbe7eb", "#9bd2da", "#67bcc8", "#3fa9b8", "#2292a2", "#0f7f91", "#0b6e7f", "#095c6a", "#064551",
];

// Darker than Mantine's, so that red words and white words on red can be read.
const red: MantineColorsTuple = [
  "#fdecea", "#fad3cf", "#f3a9a2", "#ec7f76", "#e25b50", "#d43f33", "#c52f24", "#b3261e", "#931d17", "#6e1511",
];

const gray: MantineColorsTuple = [
  "#f6f8f8", "#eef2f2", "#e2e8e8", "#d3dbdb", "#bfcaca", "#94a2a2", "#5f6f6e", "#475756", "#2a3938", "#14201f",
];

const dark: MantineColorsTuple = [
  "#e4ecec", "#bccacb", "#98a8a9", "#66787a", "#2d3c3e", "#223031", "#192324", "#141b1c", "#0e1415", "#080c0d",
];

/** What Mantine's components take their looks from; also read by the build (build/themeCss.ts). */
export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, red, gray, dark },
  fontFamily: '"Inter Variable", Inter, -apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", SFMono-Regular, "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: { fontWeight: "600" },
  defaultRadius: "sm",
  radius: { xs: "4px", sm: "6px", md: "10px", lg: "14px", xl: "20px" },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "sm" } },
    Switch: { defaultProps: { withThumbIndicator: false } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, fz: "xs" } },
  },
});
