/**
 * Runs inside the page that bench/browser.ts measures, as `window.bench`: what each frame shows of the grid, long tasks,
 * when cells and items are painted, how late timers come. Knows the page by its roles and data attributes only.
 */

(() => {
  const gridOf = () => document.querySelector('[role="grid"]');
  const channel = new MessageChannel();
  const afterFrame = [];
  channel.port1.onmessage = () => {
    for (const run of afterFrame.splice(0)) run();
  };
  /** From a callback of an animation frame: runs once that frame is painted. */
  const whenPainted = (run) => {
    afterFrame.push(run);
    channel.port2.postMessage(null);
  };
  /** Calls `look` in every animation frame until it gives false. */
  const eachFrame = (look) => {
    const again = (at) => look(at) !== false && requestAnimationFrame(again);
    requestAnimationFrame(again);
  };

  const tasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });

  /** Pixels of the rows' part of the view without a filled row, and without even the place of one. */
  function blankNow(grid) {
    const rowPx = Number.parseFloat(grid.style.getPropertyValue('--row'));
    const spacer = grid.querySelector('[role="presentation"]');
    const from = grid.scrollTop;
    const to = Math.min(from + grid.clientHeight - spacer.offsetTop, spacer.clientHeight);
    let filled = 0;
    let placed = 0;
    const rows = [...spacer.querySelectorAll('[role="row"]')];
    // The text of style.top has six digits only; one offset is asked for, since each may have the layout made.
    const first = rows[0]?.offsetTop ?? 0;
    const numberOf = (row) => Number(row.getAttribute('aria-rowindex'));
    for (const row of rows) {
      const top = first + (numberOf(row) - numberOf(rows[0])) * rowPx;
      const seen = Math.max(0, Math.min(to, top + rowPx) - Math.max(from, top));
      placed += seen;
      if (row.dataset.candidate !== undefined && row.textContent !== '') filled += seen;
    }
    return { blank: to - from - filled, gap: to - from - placed };
  }

  /** Looks at every frame until `stop()`, which gives what was seen. Less than a pixel is rounding. */
  function watch() {
    const seen = { frames: 0, blank: 0, gap: 0, mostBlankPx: 0, passedPx: 0, intervals: [] };
    const grid = gridOf();
    let on = true;
    let last = null;
    let before = grid.scrollTop;
    eachFrame((at) => {
      if (!on) return false;
      const { blank, gap } = blankNow(grid);
      seen.frames += 1;
      if (blank >= 1) seen.blank += 1;
      if (gap >= 1) seen.gap += 1;
      seen.mostBlankPx = Math.max(seen.mostBlankPx, blank);
      seen.passedPx += Math.abs(grid.scrollTop - before);
      before = grid.scrollTop;
      if (last !== null) seen.intervals.push(at - last);
      last = at;
    });
    return () => {
      on = false;
      return seen;
    };
  }

  /** Moves the scroll bar to a share of its way; gives the ms until a frame without blank is painted, null after 10 s. */
  const jump = (share) =>
    new Promise((resolve) => {
      const grid = gridOf();
      const started = performance.now();
      grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
      let frames = 0;
      eachFrame(() => {
        const waited = performance.now() - started;
        if (waited > 10_000) return resolve(null) ?? false;
        // In the first frame the page may not have heard of the jump yet.
        frames += 1;
        if (frames === 1 || blankNow(grid).blank >= 1) return true;
        whenPainted(() => resolve(performance.now() - started));
        return false;
      });
    });

  /** Notes when the cell of an item and a model was painted with "answer N" in it. */
  function watchCells() {
    const painted = [];
    const grid = gridOf();
    let changed = new Set();
    new MutationObserver((records) => {
      if (changed.size === 0) requestAnimationFrame(note);
      for (const { target } of records) {
        const cell = (target.closest ? target : target.parentElement)?.closest('[role="gridcell"]');
        if (cell) changed.add(cell);
      }
    }).observe(grid, { subtree: true, childList: true, characterData: true });
    const note = () => {
      const cells = changed;
      changed = new Set();
      const heads = [...grid.querySelectorAll('[role="columnheader"]')].map((head) => head.title);
      const shown = [...cells].flatMap((cell) => {
        const number = /answer (\d+)/.exec(cell.textContent)?.[1];
        const item = cell.parentElement?.dataset.candidate;
        return number === undefined || item === undefined
          ? []
          : [{ item, model: heads[cell.dataset.column], number: Number(number) }];
      });
      whenPainted(() => {
        const at = Date.now();
        for (const each of shown) painted.push({ ...each, at });
      });
    };
    return painted;
  }

  /** How late timers of 20 ms come, and the time between frames, in ms. */
  function heartbeat() {
    const beats = { late: [], intervals: [] };
    let last = null;
    eachFrame((at) => {
      if (last !== null) beats.intervals.push(at - last);
      last = at;
    });
    let due = performance.now() + 20;
    const beat = () => {
      beats.late.push(Math.max(0, performance.now() - due));
      due = performance.now() + 20;
      setTimeout(beat, 20);
    };
    setTimeout(beat, 20);
    return beats;
  }

  /** Times from a click on a row to its handlers, to the panel and to the item in it being painted, in ms. */
  function watchOpening() {
    const times = { heard: [], panel: [], item: [] };
    addEventListener(
      'click',
      (event) => {
        const name = event.target.closest('[role="row"]')?.querySelector('[title]')?.title;
        if (name === undefined) return;
        const since = event.timeStamp;
        times.heard.push(performance.now() - since);
        let open = false;
        eachFrame(() => {
          const panel = document.querySelector('[role="dialog"][aria-label^="Item"]');
          if (panel && !open) whenPainted(() => times.panel.push(performance.now() - since));
          open ||= panel !== null;
          const there = panel?.getAttribute('aria-label') === `Item ${name}`;
          if (there) whenPainted(() => times.item.push(performance.now() - since));
          return !there && performance.now() - since < 10_000;
        });
      },
      { capture: true },
    );
    return times;
  }

  /** Items whose rows are seen whole, with a place to click on. */
  function rowsSeen() {
    const grid = gridOf();
    const view = grid.getBoundingClientRect();
    const head = grid.querySelector('[role="columnheader"]').getBoundingClientRect();
    return [...grid.querySelectorAll('[role="row"][data-candidate]')].flatMap((row) => {
      const { top, bottom, left } = row.getBoundingClientRect();
      if (top < head.bottom - 1 || bottom > view.bottom + 1) return [];
      const name = row.querySelector('[title]').title;
      return [{ item: row.dataset.candidate, name, x: left + 40, y: (top + bottom) / 2 }];
    });
  }

  const bench = { watch, jump, watchCells, heartbeat, watchOpening, rowsSeen };
  bench.takeTasks = () => tasks.splice(0);
  window.bench = bench;
  /** Milliseconds from the navigation to the paint of the first rows. */
  bench.firstRows = new Promise((resolve) => {
    eachFrame(() => {
      if (!gridOf()?.querySelector('[role="row"][data-candidate]')) return true;
      whenPainted(() => resolve(performance.now()));
      return false;
    });
  });
})();
