import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { IconCompassOff } from "@tabler/icons-react";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <Page title="Not found" width="narrow">
      <Panel flush>
        <Empty icon={<IconCompassOff size={22} />} title="There is nothing at this address" action={<Button component={Link} to="/">Go to Home</Button>}>
          It may have been renamed or deleted. The audit trail tells what became of it.
        </Empty>
      </Panel>
    </Page>
  );
}
