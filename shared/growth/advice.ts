/** Next steps after a comparison, in plain words. */
export const growthAdvice = {
  tag: 'Analyse the newest dump for who allocates TAG (its report names the holders of the allocator or of the tag), and take another dump some hours later: a leak goes on at the same rate, a load settles.',
  object:
    'Blocks of this tag are kernel objects: on the server, look which process holds more and more handles (Task Manager, column Handles), or which driver keeps references; stop suspected software and watch the tag with PoolMon.',
  steady: 'Nothing grows: take another dump when the pool is fuller, without a restart in between.',
  sameBoot:
    'Take two dumps of one boot some hours apart without a restart between them (a live kernel dump from Task Manager, or snapshots of the virtual machine): a dump by a crash restarts the server, and the pool starts anew.',
  complete: 'Take kernel or complete dumps: smaller ones do not hold the kernel\u2019s accounting of pool.',
  oneServer: 'Check which files came from which server, and compare dumps of one.',
} as const
