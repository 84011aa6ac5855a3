/// What a message is about, in the words of the agreement's tables of information that the parties exchange.
public enum InformationKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// A job seeker's need of education, with the referral to it (utbildningsbehov, anvisning).
  case needOfEducation
  /// An application for a course (ansökan).
  case application
  /// An admission, or a person received for education (antagning, mottagande).
  case admission
  /// The decision on education that follows an admission (utbildningsbeslut).
  case decision
  /// Studies that end early (avbrott).
  case interruption
  /// A change of studies under way: dates or extent (förändring).
  case change
  /// A completed course (resultat, betyg).
  case result
  /// The question which residents of the municipality may be about to study (kommuninvånare aktuella för studier).
  case residentQuery
  /// The question whether somebody takes part in the establishment programme (etableringsprogrammet).
  case establishmentQuery
  /// Anything else that the parties have agreed to write to each other about.
  case other
}
