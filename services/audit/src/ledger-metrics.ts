import { Counter, Gauge, type Registry } from 'prom-client'
import type { MissingCounts } from './read/completeness.ts'
import type { Appended } from './store/append-arrivals.ts'

/** Counts what is stored, and shows what is missing, asked at each scrape. */
export function createLedgerMetrics(registry: Registry, count: () => Promise<MissingCounts>) {
  const records = new Counter({
    name: 'gatehouse_audit_records_total',
    help: 'Decision records taken in',
    labelNames: ['result'],
    registers: [registry],
  })
  new Gauge({
    name: 'gatehouse_audit_missing',
    help: 'records: missing before the last one of their node and epoch. holes: runs of them. dead_letters: put aside',
    labelNames: ['of'],
    registers: [registry],
    async collect() {
      const missing = await count()
      this.set({ of: 'records' }, missing.records)
      this.set({ of: 'holes' }, missing.holes)
      this.set({ of: 'dead_letters' }, missing.deadLetters)
    },
  })
  return {
    appended({ stored, duplicates, rejected }: Appended): void {
      records.inc({ result: 'stored' }, stored)
      records.inc({ result: 'duplicate' }, duplicates)
      records.inc({ result: 'rejected' }, rejected)
    },
  }
}
