/**
 * What nvidia-smi and rocm-smi of several versions really answered. NVIDIA: the captures that
 * github.com/utkuozdemir/nvidia_gpu_exporter keeps in internal/captures (uuids are masked there), in our columns and
 * without units; where the record of 466.63 lacks a column, it is in the form of that time. GB10: a DGX Spark. AMD: github.com/marimo-team/marimo/issues/9237,
 * github.com/mudler/LocalAI/pull/7761, github.com/jerome3o/rocm-prom-metrics.
 */

const uuid = 'GPU-00000000-0000-0000-0000-000000000000';

export const nvidia = {
  'GeForce RTX 2080 SUPER, Windows, driver 466.63':
    '0, GPU-df6e7a7c-7314-46f8-abc4-b88b36dcf3aa, NVIDIA GeForce RTX 2080 SUPER, 466.63, 575, 8192, [Not Supported], [N/A]',
  'GeForce RTX 2080 SUPER, Windows, driver 610.62': `0, ${uuid}, NVIDIA GeForce RTX 2080 SUPER, 610.62, 1366, 8192, 7, 97.99`,
  'GeForce RTX 4080 SUPER, driver 595.71.05': `0, ${uuid}, NVIDIA GeForce RTX 4080 SUPER, 595.71.05, 1474, 16376, 7, 84.24`,
  'H100 under load, driver 590.48.01': `0, ${uuid}, NVIDIA H100 80GB HBM3, 590.48.01, 19818, 81559, 100, 631.95`,
  'H100 cut up by MIG, driver 590.48.01': `0, ${uuid}, NVIDIA H100 80GB HBM3, 590.48.01, 11125, 81559, [N/A], 433.78`,
  'GB10 with unified memory, driver 580.159.03': `0, ${uuid}, NVIDIA GB10, 580.159.03, [N/A], [N/A], 0, 21.41`,
  'L40S with units, driver 595.80': `0, ${uuid}, NVIDIA L40S, 595.80, 1235 MiB, 46068 MiB, 9 %, 110.23 W`,
} as const;

/** What nvidia-smi writes, mostly to stdout, instead of an answer. */
export const nvidiaProblems = {
  mismatch: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.173\n',
  none: 'No devices were found\n',
  noDriver:
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
  lost: 'Unable to determine the device handle for GPU0000:0B:00.0: Unknown Error\n',
};

export const rocm = {
  'ROCm 6': `{"card0": {"GPU use (%)": "0", "VRAM Total Memory (B)": "21458059264", "VRAM Total Used Memory (B)": "27856896",
    "Card Series": "Radeon RX 7900 XT", "Card Model": "0x744c", "Card Vendor": "Advanced Micro Devices, Inc. [AMD/ATI]",
    "Card SKU": "D70401XT", "Subsystem ID": "0x471e", "Device Rev": "0xcc", "Node ID": "1", "GUID": "26967", "GFX Version": "gfx1100"}}`,
  'ROCm 5, with a warning before it': `WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status

{"card0": {"Unique ID": "0x9246000000000000", "GPU use (%)": "37", "Average Graphics Package Power (W)": "142.0",
    "VRAM Total Memory (B)": "17163091968", "VRAM Total Used Memory (B)": "692142080", "Card series": "Navi 21 [Radeon RX 6800]",
    "Card model": "0x73bf"}, "card1": {"Unique ID": "N/A", "VRAM Total Memory (B)": "67108864",
    "VRAM Total Used Memory (B)": "26079232", "Card series": "Raphael"}, "system": {"Driver version": "5.13.20"}}`,
  'a card without a series': `{"card0": {"Current Socket Graphics Package Power (W)": "12.134", "GPU use (%)": "3", "Card Series": "N/A",
    "Card Model": "0x7551", "Card SKU": "APM107573", "GFX Version": "gfx1201", "VRAM Total Memory (B)": "34208743424",
    "VRAM Total Used Memory (B)": "29225381888"}}`,
};
