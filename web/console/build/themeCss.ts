import { convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme, DEFAULT_THEME } from "@mantine/core";
import type { Plugin } from "vite";
import { theme } from "../src/theme/theme.ts";

const id = "virtual:theme.css";

/**
 * Offers the variables of the theme as a style sheet, `virtual:theme.css`.
 * MantineProvider would put them into a `<style>` element at run time, which the
 * console's Content-Security-Policy forbids.
 */
export function themeCss(): Plugin {
  return {
    name: "theme-css",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(resolved) {
      if (resolved !== `\0${id}`) return undefined;
      const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables(variables, ":root");
    },
  };
}
