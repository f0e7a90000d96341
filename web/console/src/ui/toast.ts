import { notifications } from "@mantine/notifications";

/** Says that something went well. */
export const say = (message: string) => notifications.show({ message, color: "teal", autoClose: 3500, withBorder: true });

/** Says that something failed, with the server's reason. */
export const sayFailed = (what: string) => (error: unknown) =>
  notifications.show({ title: what, message: error instanceof Error ? error.message : String(error), color: "red", autoClose: 9000, withBorder: true });
