/** What of a process lies in memory, in MB. */
export function residentOf(pid: number): number;
