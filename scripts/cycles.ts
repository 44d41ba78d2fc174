/** Finds circular imports: one cycle for each strongly connected group of files (Tarjan, SIAM J. Comput. 1(2), 1972). */

/** List the groups of files of which each imports each other one, if through others. */
export function circularGroups(graph: ReadonlyMap<string, readonly string[]>): ReadonlySet<string>[] {
  return connectedGroups(graph).filter(
    (group) => group.size > 1 || [...group].some((node) => graph.get(node)?.includes(node)),
  );
}

/** List one shortest cycle per group, starting and ending at its alphabetically first file. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  return circularGroups(graph).map((group) => shortestCycle(graph, group));
}

function connectedGroups(graph: ReadonlyMap<string, readonly string[]>): Set<string>[] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const groups: Set<string>[] = [];

  const visit = (node: string): void => {
    const index = order.size;
    order.set(node, index);
    low.set(node, index);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index) return;
    groups.push(new Set(stack.splice(stack.indexOf(node))));
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return groups;
}

/** A shortest cycle of a group, starting and ending at its alphabetically first file. */
export function shortestCycle(graph: ReadonlyMap<string, readonly string[]>, group: ReadonlySet<string>): string[] {
  const start = [...group].sort()[0]!;
  const cameFrom = new Map<string, string>();
  for (const node of new Set([start, ...breadthFirst(graph, group, start, cameFrom)])) {
    if (!graph.get(node)?.includes(start)) continue;
    const cycle = [start];
    for (let at = node; at !== start; at = cameFrom.get(at)!) cycle.splice(1, 0, at);
    return [...cycle, start];
  }
  return [start];
}

function breadthFirst(
  graph: ReadonlyMap<string, readonly string[]>,
  group: ReadonlySet<string>,
  start: string,
  cameFrom: Map<string, string>,
): string[] {
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (!group.has(next) || next === start || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return queue;
}
