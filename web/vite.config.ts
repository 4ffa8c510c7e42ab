/** Builds the web client into web/dist: hashed assets for long caching, React and the charts in chunks of their own. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const out = join(import.meta.dirname, 'dist');

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    react(),
    {
      // What scripts/prepare.mjs compares the age of the sources with.
      name: 'stamp-build',
      apply: 'build',
      writeBundle() {
        compressAssets(join(out, 'assets'));
        writeFileSync(join(out, '.built'), '');
      },
    },
  ],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the server allows no data: scripts, and small files would become them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(['/admin', '/api', '/v1', '/ws', '/healthz'].map((path) => [path, proxied()])) },
});

/** Writes a compressed file beside each asset that is worth it; the server sends it to those who take it. */
function compressAssets(folder: string) {
  for (const name of readdirSync(folder).filter((each) => /\.(js|css|svg)$/.test(each))) {
    const content = readFileSync(join(folder, name));
    if (content.length > 1024) writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
}

/** The running server, for `vite web` while one works on the client. */
function proxied() {
  return { target: 'http://127.0.0.1:4080', changeOrigin: true, ws: true };
}
