/** What operators are shown, with its dependencies bound. */

import type { BrokerDeps } from './broker-deps.ts'
import { drawCharts, type Range } from './draw-charts.ts'
import { listEventsFor, overview } from './overview.ts'
import { searchPage, type SearchFilter } from './search-uploads.ts'
import { showUpload } from './show-upload.ts'

export const consoleStories = (deps: BrokerDeps) => ({
  overview: (tenant: string) => overview(deps, tenant),
  drawCharts: (tenant: string, range: Range) => drawCharts(deps, tenant, range),
  searchPage: (tenant: string, filter: SearchFilter, limit: number) =>
    searchPage(deps, tenant, filter, limit),
  showUpload: (tenant: string, id: string) => showUpload(deps, tenant, id),
  listEventFacts: (state: 'poison' | 'unmatched', limit: number) =>
    listEventsFor(deps, state, limit),
})
