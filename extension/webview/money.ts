// What something cost, as people write it: $0.17.
import { language } from './l10n.ts';
import type { Cost } from './parts.ts';

export function money({ amount, currency }: Cost): string {
  try {
    // A turn may cost less than the smallest coin.
    const small = amount > 0 && amount < 0.01 ? { maximumFractionDigits: 4 } : {};
    return new Intl.NumberFormat(language(), { style: 'currency', currency, ...small }).format(amount);
  } catch {
    // A currency that has no code is named as the agent names it.
    return `${amount.toFixed(2)} ${currency}`;
  }
}
