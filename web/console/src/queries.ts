import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import * as api from "./api";

// What is read, under which key, and how long it stays fresh: said once here,
// so that a change made on one page shows on all.

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: api.getMe, staleTime: 60_000, retry: false });
export const setupQuery = queryOptions({ queryKey: ["setup"], queryFn: api.getSetup, staleTime: 0, retry: false });

export const sourcesQuery = queryOptions({ queryKey: ["sources"], queryFn: api.listSources, refetchInterval: 10_000 });
export const sourceQuery = (id: string) => queryOptions({ queryKey: ["sources", id], queryFn: () => api.getSource(id), refetchInterval: (q) => (q.state.data?.lastEventAt ? 15_000 : 2_500) });
export const sourceKindsQuery = queryOptions({ queryKey: ["catalog", "sources"], queryFn: api.listSourceKinds, staleTime: Infinity });

export const destinationsQuery = queryOptions({ queryKey: ["destinations"], queryFn: () => api.listDestinations(), refetchInterval: 10_000 });
export const destinationQuery = (id: string) => queryOptions({ queryKey: ["destinations", id], queryFn: () => api.getDestination(id), refetchInterval: 5_000 });
export const destinationKindsQuery = queryOptions({ queryKey: ["catalog", "destinations"], queryFn: api.listDestinationKinds, staleTime: Infinity });

/** Counts from now back over a span, kept on screen while the next are read. */
export const countsQuery = (span: number, q: Omit<api.CountsQuery, "from">) =>
  queryOptions({
    queryKey: ["counts", span, q],
    queryFn: () => api.getCounts({ ...q, from: new Date(Date.now() - span).toISOString() }),
    refetchInterval: q.by === "minute" ? 5_000 : 30_000,
    placeholderData: keepPreviousData,
  });

export const refusedQuery = queryOptions({ queryKey: ["refused"], queryFn: api.listRefused, refetchInterval: 15_000 });
export const peopleQuery = queryOptions({ queryKey: ["people"], queryFn: api.listPeople });
export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: api.listTokens });
