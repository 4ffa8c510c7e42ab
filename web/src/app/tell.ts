/** Says in a corner of the page what came of something. */

import { notifications } from '@mantine/notifications';
import { messageOf } from '../api/client.ts';

const closeButtonProps = { 'aria-label': 'Close the message' };
/** Long enough to read what went wrong. */
const FAULT_MS = 15_000;

export function tell(message: string): void {
  notifications.show({ message, closeButtonProps });
}

export function tellFault(error: unknown): void {
  notifications.show({
    color: 'red',
    title: 'Not done',
    message: messageOf(error),
    autoClose: FAULT_MS,
    closeButtonProps,
  });
}
