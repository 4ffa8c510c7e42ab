/** The look of every page: dense sizes, Okabe-Ito colours, contrast that passes in light and dark. */

import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  Tooltip,
} from '@mantine/core';

const blue: MantineColorsTuple = [
  '#eaf5fb',
  '#d3e8f4',
  '#a6d0e8',
  '#75b6dc',
  '#4c9fd0',
  '#2489c1',
  '#0072b2',
  '#00639c',
  '#005586',
  '#00456d',
];
const orange: MantineColorsTuple = [
  '#fff6e3',
  '#ffeac2',
  '#ffd98f',
  '#fcc65a',
  '#f3b52c',
  '#e69f00',
  '#c98a00',
  '#9c6b00',
  '#7a5400',
  '#5c3f00',
];
const green: MantineColorsTuple = [
  '#e5f7f1',
  '#c8ecdf',
  '#94dac2',
  '#5cc6a3',
  '#2bb389',
  '#009e73',
  '#007f5c',
  '#006e50',
  '#005a41',
  '#004532',
];
const vermillion: MantineColorsTuple = [
  '#fdeee4',
  '#fad9c4',
  '#f3b68e',
  '#ec9358',
  '#e2752a',
  '#d55e00',
  '#b84f00',
  '#9c4300',
  '#7d3600',
  '#5e2900',
];
const dark: MantineColorsTuple = [
  '#dde2e8',
  '#b9c1ca',
  '#99a2ad',
  '#6f7985',
  '#48515d',
  '#363e48',
  '#272d36',
  '#1b2027',
  '#14181e',
  '#0d1014',
];

/** Components start out small here: people look at this all day, and at a lot at once. */
const small = { defaultProps: { size: 'xs' } };
const inputs = [
  'TextInput',
  'NumberInput',
  'Select',
  'MultiSelect',
  'TagsInput',
  'Autocomplete',
  'Textarea',
  'PasswordInput',
  'FileInput',
  'JsonInput',
  'SegmentedControl',
  'Checkbox',
  'Radio',
  'Switch',
  'Slider',
  'Chip',
];

export const theme = createTheme({
  colors: { blue, orange, yellow: orange, green, teal: green, red: vermillion, vermillion, dark },
  primaryColor: 'blue',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  respectReducedMotion: true,
  cursorType: 'pointer',
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.5', xl: '1.5' },
  spacing: { xs: '0.375rem', sm: '0.625rem', md: '0.875rem', lg: '1.25rem', xl: '1.75rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.35' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
      h4: { fontSize: '0.8125rem', lineHeight: '1.4' },
    },
  },
  components: {
    ...Object.fromEntries(inputs.map((name) => [name, small])),
    Button: Button.extend({ defaultProps: { size: 'xs', fw: 500 } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: true, events: { hover: true, focus: true, touch: false } },
    }),
    // The placeholder that takes the focus first would be a child that a menu may not have.
    Menu: Menu.extend({
      defaultProps: { shadow: 'md', transitionProps: { duration: 80 }, withInitialFocusPlaceholder: false },
    }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } }),
    // The head of a dialog is no second head of the page.
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        attributes: { header: { role: 'group' } },
      },
    }),
  },
});

/** Dimmed text and placeholders keep a contrast of 4.5 to 1, which Mantine's own do not. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1a2028',
    '--mantine-color-dimmed': '#59636e',
    '--mantine-color-placeholder': '#66707b',
    '--mantine-color-error': '#b84f00',
    '--mantine-color-anchor': '#00639c',
  },
  dark: {
    '--mantine-color-body': '#14181e',
    '--mantine-color-text': '#dde2e8',
    '--mantine-color-dimmed': '#9da7b3',
    '--mantine-color-placeholder': '#8f99a5',
    '--mantine-color-error': '#f09a5f',
    '--mantine-color-anchor': '#75b6dc',
  },
});
