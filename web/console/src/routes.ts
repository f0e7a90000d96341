import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { filterFromSearch } from "./debugger/filter";
import { ApiError } from "./http";
import { meQuery, setupQuery } from "./queries";
import { NotFound } from "./shell/NotFound";
import { RouteFailure } from "./shell/RouteFailure";
import { Shell } from "./shell/Shell";

// Every page is a file loaded when it is first opened; a new page is one route
// here and, when it belongs in the sidebar, one line in shell/navigation.ts.

const root = createRootRouteWithContext<{ client: QueryClient }>()();

const text = (v: unknown) => (typeof v === "string" && v !== "" ? v : undefined);

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("./auth/SetupPage"), "SetupPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (s): { to?: string } => ({ to: text(s.to) }),
  component: lazyRouteComponent(() => import("./auth/LoginPage"), "LoginPage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ context: { client }, location }) => {
    try {
      await client.ensureQueryData(meQuery);
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) throw e;
      const { needed } = await client.fetchQuery(setupQuery);
      throw needed ? redirect({ to: "/setup" }) : redirect({ to: "/login", search: { to: location.href === "/" ? undefined : location.href } });
    }
  },
});

const home = createRoute({ getParentRoute: () => shell, path: "/", component: lazyRouteComponent(() => import("./home/HomePage"), "HomePage") });

const sources = createRoute({ getParentRoute: () => shell, path: "/sources", component: lazyRouteComponent(() => import("./sources/SourcesPage"), "SourcesPage") });
const newSource = createRoute({ getParentRoute: () => shell, path: "/sources/new", component: lazyRouteComponent(() => import("./sources/NewSourcePage"), "NewSourcePage") });
const source = createRoute({ getParentRoute: () => shell, path: "/sources/$id", component: lazyRouteComponent(() => import("./sources/SourcePage"), "SourcePage") });
const sourceIndex = createRoute({
  getParentRoute: () => source,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/sources/$id/debugger", params, replace: true });
  },
});
const sourceConnect = createRoute({ getParentRoute: () => source, path: "connect", component: lazyRouteComponent(() => import("./sources/ConnectTab"), "ConnectTab") });
const sourceDebugger = createRoute({
  getParentRoute: () => source,
  path: "debugger",
  validateSearch: filterFromSearch,
  component: lazyRouteComponent(() => import("./debugger/DebuggerTab"), "DebuggerTab"),
});
const sourceSettings = createRoute({ getParentRoute: () => source, path: "settings", component: lazyRouteComponent(() => import("./sources/SourceSettingsTab"), "SourceSettingsTab") });

const destinations = createRoute({ getParentRoute: () => shell, path: "/destinations", component: lazyRouteComponent(() => import("./destinations/DestinationsPage"), "DestinationsPage") });
const catalogue = createRoute({
  getParentRoute: () => shell,
  path: "/destinations/new",
  validateSearch: (s): { source?: string } => ({ source: text(s.source) }),
  component: lazyRouteComponent(() => import("./destinations/CataloguePage"), "CataloguePage"),
});
const newDestination = createRoute({
  getParentRoute: () => shell,
  path: "/destinations/new/$type",
  validateSearch: (s): { source?: string } => ({ source: text(s.source) }),
  component: lazyRouteComponent(() => import("./destinations/NewDestinationPage"), "NewDestinationPage"),
});
const destination = createRoute({ getParentRoute: () => shell, path: "/destinations/$id", component: lazyRouteComponent(() => import("./destinations/DestinationPage"), "DestinationPage") });
const destinationOverview = createRoute({ getParentRoute: () => destination, path: "/", component: lazyRouteComponent(() => import("./destinations/OverviewTab"), "OverviewTab") });
const destinationFailed = createRoute({ getParentRoute: () => destination, path: "failed", component: lazyRouteComponent(() => import("./destinations/FailedTab"), "FailedTab") });
const destinationSettings = createRoute({ getParentRoute: () => destination, path: "settings", component: lazyRouteComponent(() => import("./destinations/DestinationSettingsTab"), "DestinationSettingsTab") });

const team = createRoute({ getParentRoute: () => shell, path: "/team", component: lazyRouteComponent(() => import("./people/TeamPage"), "TeamPage") });
const tokens = createRoute({ getParentRoute: () => shell, path: "/tokens", component: lazyRouteComponent(() => import("./people/TokensPage"), "TokensPage") });
const account = createRoute({ getParentRoute: () => shell, path: "/account", component: lazyRouteComponent(() => import("./people/AccountPage"), "AccountPage") });
const audit = createRoute({ getParentRoute: () => shell, path: "/audit", component: lazyRouteComponent(() => import("./audit/AuditPage"), "AuditPage") });

const elsewhere = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

const tree = root.addChildren([
  setup,
  login,
  shell.addChildren([
    home,
    sources,
    newSource,
    source.addChildren([sourceIndex, sourceConnect, sourceDebugger, sourceSettings]),
    destinations,
    catalogue,
    newDestination,
    destination.addChildren([destinationOverview, destinationFailed, destinationSettings]),
    team,
    tokens,
    account,
    audit,
    elsewhere,
  ]),
]);

/** The router of the console. */
export function createConsoleRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    defaultErrorComponent: RouteFailure,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
