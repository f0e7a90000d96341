import { IconLock } from "@tabler/icons-react";
import { useMe } from "../shell/useMe";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";

/** Stands in for a page that the role of the reader does not open. */
export function OnlyAdmins({ title }: { title: string }) {
  const { user } = useMe();
  return (
    <Page title={title}>
      <Panel flush>
        <Empty icon={<IconLock size={22} />} title="For owners and admins">
          Your role is {user.role}. Ask an owner or admin if you need this.
        </Empty>
      </Panel>
    </Page>
  );
}
