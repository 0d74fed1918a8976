import { useId } from 'preact/hooks';
import { isMade } from '../dataset';
import { distributions, isMeasured, readPeriods, writePeriods } from '../periods-text';
import { isProposed, type Texts } from '../settings';

/** The value of the choice that leaves the text to the user, */
const asText = 'text';
/** and of the one that leaves the periods to the data. */
const proposed = 'proposed';

/** A distribution of periods and its numbers, or a text for what a distribution cannot say. */
export function PeriodsField({
  id,
  texts,
  described,
  onChange,
}: {
  id: string;
  texts: Texts;
  /** The attributes for its hint and problem. */
  described: Record<string, unknown>;
  onChange: (text: string) => void;
}) {
  const prefix = useId();
  const text = texts.periods;
  const canPropose = isMade(texts.dataset);
  const choice = readPeriods(text);
  const numbers = choice?.numbers.map((number) => number.text) ?? [];
  const choose = (name: string) => {
    if (name === proposed) onChange('');
    else if (name === asText) onChange('list:');
    else onChange(writePeriods(name) || (canPropose ? name : ''));
  };
  return (
    <>
      <select
        id={id}
        {...described}
        value={isProposed(texts) ? proposed : (choice?.name ?? asText)}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        {canPropose && <option value={proposed}>proposed</option>}
        {distributions.map(({ name, summary }) => (
          <option key={name} value={name} title={summary}>
            {name}
          </option>
        ))}
        <option value={asText}>as text</option>
      </select>
      {choice === undefined ? (
        <div class="numbers">
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            aria-label="Periods as text"
            {...described}
            value={text}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
        </div>
      ) : (
        choice.numbers.length > 0 && (
          <div class="numbers">
            {choice.numbers.map(({ name, summary }, i) => (
              <div key={name}>
                <label for={`${prefix}-${name}`} title={summary}>
                  {name}
                </label>
                <input
                  id={`${prefix}-${name}`}
                  type="text"
                  inputMode="decimal"
                  autocomplete="off"
                  {...described}
                  placeholder={isMeasured(choice.name) ? (canPropose ? 'of the data' : '128') : undefined}
                  value={numbers[i]}
                  onInput={({ currentTarget: { value } }) =>
                    onChange(
                      writePeriods(
                        choice.name,
                        numbers.map((each, place) => (place === i ? value : each)),
                      ),
                    )
                  }
                />
              </div>
            ))}
          </div>
        )
      )}
    </>
  );
}
