/** The few icons of the pages, drawn here so that nothing is fetched. */

import type { ReactNode } from 'react';

export interface IconProps {
  /** Pixels; 16 when absent. */
  size?: number;
}

function icon(content: ReactNode) {
  return function Icon({ size = 16 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {content}
      </svg>
    );
  };
}

export const Sun = icon(
  <>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.500v1.200M8 13.300v1.200M1.500 8h1.200M13.300 8h1.200M3.400 3.400l.85.85M11.750 11.750l.85.85M3.400 12.600l.85-.85M11.750 4.250l.85-.85" />
  </>,
);
export const Moon = icon(<path d="M13.200 9.600A5.600 5.600 0 0 1 6.400 2.800a5.600 5.600 0 1 0 6.800 6.800Z" />);
export const HalfMoon = icon(
  <>
    <circle cx="8" cy="8" r="5.500" />
    <path d="M8 2.500v11a5.500 5.500 0 0 0 0-11Z" fill="currentColor" stroke="none" />
  </>,
);
export const Search = icon(
  <>
    <circle cx="7" cy="7" r="4.250" />
    <path d="m10.300 10.300 3.200 3.200" />
  </>,
);
export const Close = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const Check = icon(<path d="m3.200 8.600 3.200 3.200 6.400-7.400" />);
export const Unequal = icon(<path d="M3 6.200h10M3 9.800h10M10.800 3l-5.600 10" />);
export const ChevronDown = icon(<path d="m4 6 4 4 4-4" />);
export const ChevronLeft = icon(<path d="m10 4-4 4 4 4" />);
export const ChevronRight = icon(<path d="m6 4 4 4-4 4" />);
export const Star = icon(
  <path d="m8 2.200 1.750 3.550 3.900.57-2.820 2.750.66 3.890L8 11.120l-3.490 1.840.66-3.890L2.350 6.320l3.900-.57Z" />,
);
export const Pencil = icon(<path d="m10.500 3 2.500 2.500L5.700 12.800l-3.200.7.7-3.200ZM9.200 4.300l2.500 2.500" />);
export const Cross = icon(
  <>
    <circle cx="8" cy="8" r="5.500" />
    <path d="m6 6 4 4M10 6l-4 4" />
  </>,
);
export const Undo = icon(<path d="M5.500 3 2.500 6l3 3M2.800 6h6.700a3.500 3.500 0 0 1 0 7H6" />);
export const Note = icon(<path d="M3 3.200h10v7.300H8.500L5.500 13v-2.500H3Z" />);
export const Columns = icon(<path d="M2.500 3h11v10h-11ZM6.200 3v10M9.800 3v10" />);
export const PanelLeft = icon(<path d="M2.500 3h11v10h-11ZM6 3v10" />);
export const PanelRight = icon(<path d="M2.500 3h11v10h-11ZM10 3v10" />);
export const Rows = icon(<path d="M2.500 4h11M2.500 8h11M2.500 12h11" />);
export const Refresh = icon(<path d="M13 8a5 5 0 1 1-1.500-3.550M13 2.500v2.700h-2.700" />);
export const Download = icon(<path d="M8 2.500v7.300M5 7l3 3 3-3M3 13.200h10" />);
export const Help = icon(
  <>
    <circle cx="8" cy="8" r="5.700" />
    <path d="M6.400 6.300a1.650 1.650 0 1 1 2.300 1.550c-.5.230-.7.550-.7 1.150M8 11.200v.05" />
  </>,
);
export const More = icon(<path d="M3.500 8h.01M8 8h.01M12.500 8h.01" strokeWidth="2.400" />);
export const Filter = icon(<path d="M2.500 3.500h11L9.500 8.300v4.200l-3-1.500V8.300Z" />);
export const Plus = icon(<path d="M8 3v10M3 8h10" />);
export const Trash = icon(<path d="M3 4.500h10M6.300 4.500v-1.700h3.400v1.700M4.300 4.500l.6 8.700h6.200l.6-8.700" />);
export const Copy = icon(<path d="M5.500 5.500h8v8h-8ZM3 10.500h-.5v-8h8V3" />);
export const Link = icon(
  <path d="M6.700 9.300a2.600 2.600 0 0 0 3.700 0l2.100-2.100a2.600 2.600 0 0 0-3.700-3.700l-.6.6M9.300 6.700a2.600 2.600 0 0 0-3.700 0L3.500 8.800a2.600 2.600 0 0 0 3.700 3.700l.6-.6" />,
);
