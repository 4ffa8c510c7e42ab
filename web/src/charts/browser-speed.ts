/** The speed of the runs as this page has heard it since it was opened. */

import { useSyncExternalStore } from 'react';
import { inbox } from '../api/browser-live.ts';
import { speedHistory } from './speed-history.ts';

const history = speedHistory();
inbox.onState(() => history.hear(inbox.state(), Date.now()));

export const useSpeeds = () => useSyncExternalStore(history.subscribe, history.points);
