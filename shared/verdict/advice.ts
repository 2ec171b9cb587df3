/** Next steps in plain words, in one place: what would settle a question that this dump leaves open. */
export const advice = {
  kernelDump:
    'Have Windows write a kernel dump: System Properties, Advanced, Startup and Recovery, Settings, "Write debugging information: Kernel memory dump" (registry: HKLM\\SYSTEM\\CurrentControlSet\\Control\\CrashControl, CrashDumpEnabled = 2), with a page file on the system drive of at least the machine\'s memory plus 257 MB, and restart. Then take the dump while the pool is high: the keyboard crash (CrashOnCtrlScroll), NMI or NotMyFault. The file is %SystemRoot%\\MEMORY.DMP.',
  uploadAgain:
    'Compare the size of this file with MEMORY.DMP on the server and upload it again whole; if it is as short there, the page file or the disk was too small for the dump.',
  pooltag:
    "Look the tag up with --pooltag and Microsoft's pooltag.txt, search the drivers on the server for it (findstr /m /l TAG %SystemRoot%\\System32\\drivers\\*.sys), and take a second dump some hours later to see whether it grows.",
  kernelOnBehalf:
    'The kernel allocates under this tag on behalf of a driver, so the tag does not name it. Watch the tag with PoolMon while stopping suspected software, or take a second dump some hours later.',
  objectHolder:
    'Blocks of this tag are kernel objects: look for the process with the most handles (Task Manager, column Handles; handle.exe -s) or a driver that keeps references, and take a second dump some hours later to see whether it grows.',
  running:
    'The threads run: look for the process with the most threads (Task Manager, column Threads; `!process 0 0`), and take a second dump some hours later to see whether it gets more. Threads of System belong to drivers.',
  handleHolder:
    "Watch the process's handles (Task Manager, column Handles; handle.exe -s -p PID), update the software it belongs to, and restart it to release them. If it is System, a driver opened them: compare with a dump taken some hours later.",
  noHolder:
    'Check whether Driver Verifier was on (it puts its own routines into the import tables), whether a driver was unloaded, and take a dump with all modules readable; PoolHitTag on the live machine shows the caller.',
  blocksUnseen:
    'Run the analysis with --full-scan, on a dump that holds the pool pages: whether the leaked blocks point to this driver decides.',
  severalHolders:
    'Run the analysis with --full-scan on a dump that holds the pool pages: what the leaked blocks contain may tell the candidates apart. Otherwise disable them one after the other and watch the tag with PoolMon.',
  severalHoldersSeen:
    'Disable the drivers that hold the routine one after the other, beginning with the first named here, and watch the tag with PoolMon; or take a second dump some hours later to see whether it grows.',
  searchAgain: 'Take a dump that holds all kernel pages (a complete dump), so that every module can be searched.',
  exhaustion:
    'Sort the tags by use and compare with a dump of the same server in a quiet state: without a dominating tag the pool may simply be too small for the load (on 32-bit systems /3GB halves it).',
  vendor:
    'Look for the software that installs this driver, update or remove it, and watch the tag with PoolMon afterwards.',
  guid: "The driver's name is a GUID: such a driver is usually created dynamically by its parent program when that loads and may not exist on the disk. Look for the program that installs it, and update or remove it.",
  unlisted:
    'Look at it with `dumpline kd` (!dh and !lmi with its address; dps for its tables), find the software it belongs to, and check the server with a scanner that runs offline: drivers that hide are rootkits, protection software or debris of a failed unload.',
  unloaded:
    'The driver the blocks point to was unloaded and left them behind: only a restart frees them. Look for the software that loads and unloads it, update or remove it, and watch the tag with PoolMon while it is loaded again.',
} as const
