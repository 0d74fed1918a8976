export {
  type PeriodProposal,
  type ProposalData,
  type ProposalOptions,
  proposePeriods,
} from './propose-periods';
