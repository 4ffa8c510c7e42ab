/** The client with the real Label Studio: the same tests as with the fake. */

import { startLabelStudio } from '../harness/label-studio.ts';
import { testClient } from '../harness/label-studio-client.ts';

testClient('the real Label Studio', () => startLabelStudio());
