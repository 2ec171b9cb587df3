import type { PageAbsence } from '../dump/physical-memory.ts'

/**
 * Why a virtual byte cannot be read: the page tables say so (`not-mapped`, `paged-out`, `demand-zero`, `prototype`),
 * a page table itself is absent, or the page is mapped and not in the file.
 */
export type Absence = PageAbsence | 'not-mapped' | 'paged-out' | 'demand-zero' | 'prototype' | 'table-absent'
