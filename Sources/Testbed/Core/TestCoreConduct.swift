/// How a test core answers: as it should, or wrong in one of the ways that a client has to bear.
public enum TestCoreConduct: String, Sendable, CaseIterable {
  case good
  /// Waits, 60 s unless told.
  case slow
  /// 500 with the counterpart's error form.
  case failing
  /// 429, to be tried again after a second.
  case busy
  /// 401
  case refusesCredentials
  /// 403
  case forbids
  /// 404
  case missing
  /// 409
  case conflicts
  /// 400 that names fields and repeats what it was sent: the number, and the secret.
  case refusesFields
  /// Half a JSON text.
  case wrongJSON
  /// A web page, as proxies give it.
  case webPage
  /// Fields are missing, or of another kind.
  case wrongForm
  /// An event of another organisation.
  case foreignData
  /// An event of another person.
  case otherPerson
  /// An event of a kind that does not belong there.
  case otherKind
  /// Says that there is more, and gives the same cursor.
  case circles
  /// Says that there is more, with nothing in it.
  case emptyPages
  /// There is always more.
  case endlessPages
  /// Each event twice.
  case doubled
  /// The same id with other content.
  case contradicts
  /// Ends the connection in the middle of the answer.
  case closesInTheMiddle
  /// Larger than any answer.
  case tooLarge
  /// Brackets without end.
  case deep
  /// Marked as confidential, class 3.
  case classified
  /// With fields that nobody has described.
  case addsFields
}
