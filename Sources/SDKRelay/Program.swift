/// What this program is called where others read it: in packages, metrics and help texts.
public enum Program {
  public static let name = "sdk-relay"
  public static let version = "0.1.0"
}
