import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { themeCss } from "./build/themeCss.ts";

// The server that `npm run dev` takes its data from: a `secant serve --demo`.
const server = process.env.SECANT_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), themeCss()],
  base: "/",
  build: {
    // web/dist is embedded in the binary and holds a folder for each package.
    outDir: "../dist/console",
    emptyOutDir: true,
    target: "es2022",
    // Inlined assets would be data: addresses, which the policy allows for
    // images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: Object.fromEntries(["/api", "/v1", "/analytics.js", "/analytics-next", "/demo"].map((path) => [path, server])) },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
