import { useRouter } from "@tanstack/react-router";
import { ApiError } from "../http";
import { Failure } from "../ui/Failure";
import { NotFound } from "./NotFound";
import classes from "./RouteFailure.module.css";

/** Stands in for a page that could not be shown. */
export function RouteFailure({ error }: { error: unknown }) {
  const router = useRouter();
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  return (
    <div className={classes.failure}>
      <Failure error={error} retry={() => void router.invalidate()} />
    </div>
  );
}
