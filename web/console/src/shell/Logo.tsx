/** Secant's mark: a circle and the line that crosses it at two points. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" role="img" aria-label="Secant">
      <rect width="32" height="32" rx="8" fill="var(--accent-fill)" />
      <circle cx="15" cy="17" r="8" fill="none" stroke="#fff" strokeWidth="2.4" opacity="0.75" />
      <path d="M5.4 21.600 27 8.4" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="8.2" cy="19.9" r="2.4" fill="#fff" />
      <circle cx="21.1" cy="12" r="2.4" fill="#fff" />
    </svg>
  );
}
