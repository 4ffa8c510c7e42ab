/** What stands around every page: the head with the pages' names, the state of the connection, light and dark. */

import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { useLiveStatus } from '../api/browser-live.ts';
import { useLiveLists } from '../api/queries.ts';
import { ApiKeyDialog } from './api-key-dialog.tsx';
import { HalfMoon, Moon, Sun } from './icons.tsx';
import styles from './shell.module.css';

const pages = [
  { to: '/', name: 'Workbench' },
  { to: '/models', name: 'Models' },
  { to: '/batches', name: 'Batches' },
  { to: '/judging', name: 'Judging' },
  { to: '/failures', name: 'Failures' },
  { to: '/training', name: 'Training' },
  { to: '/label-studio', name: 'Label Studio' },
  { to: '/settings', name: 'Settings' },
];

export function Shell() {
  useLiveLists();
  return (
    <div className={styles.shell}>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className={styles.head}>
        <span className={styles.brand}>
          <img src="/favicon.svg" width="20" height="20" alt="" />
          <span className={styles.name}>Assay</span>
        </span>
        <Pages />
        <span className={styles.gap} />
        <Connection />
        <SchemeSwitch />
      </header>
      <main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <ApiKeyDialog />
    </div>
  );
}

/** Where they are wider than the head they scroll sideways; the one that is open is in sight. */
function Pages() {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is open once the address is another
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  return (
    <nav ref={nav} aria-label="Pages" className={styles.nav}>
      {pages.map(({ to, name }) => (
        <NavLink key={to} to={to} end={to === '/'} className={styles.link!}>
          {name}
        </NavLink>
      ))}
    </nav>
  );
}

const said = {
  connecting: 'Connecting to the server',
  live: 'Live: results appear as they land',
  waiting: 'The server is not reached; trying again',
};

function Connection() {
  const status = useLiveStatus();
  return (
    <Tooltip label={said[status]}>
      <span role="status" className={styles.connection} data-status={status}>
        <span className={styles.dot} aria-hidden="true" />
        <span className={styles.state}>
          {status === 'live' ? 'Live' : status === 'waiting' ? 'Reconnecting' : 'Connecting'}
        </span>
      </span>
    </Tooltip>
  );
}

const schemes = {
  auto: { next: 'light', name: 'as the system has it', Icon: HalfMoon },
  light: { next: 'dark', name: 'light', Icon: Sun },
  dark: { next: 'auto', name: 'dark', Icon: Moon },
} as const;

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, name, Icon } = schemes[colorScheme];
  const label = `Colours: ${name}. Change to ${schemes[next].name}`;
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(next)}>
        <Icon />
      </ActionIcon>
    </Tooltip>
  );
}
